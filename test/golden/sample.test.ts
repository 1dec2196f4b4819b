import { join } from "node:path";
import { beforeAll, describe, expect, test } from "vitest";
import { readLabels } from "../../datasets/labels.ts";
import type { Labels } from "../../src/contracts/labels.ts";
import { RecordingSource } from "../../src/telemetry/files/recording-source.ts";
import { judge, SAMPLE, settings } from "./recording.ts";
import { sendOver, TRANSPORTS } from "./transports.ts";

// Goal: the whole line, from recorded bytes to incidents, is right about the sample and always says the same.
// Method: the recording's own labels; and equality of every incident event, byte for byte, whatever the way in.

let reference: Awaited<ReturnType<typeof judge>>;
let labels: Labels;

beforeAll(async () => {
  labels = readLabels(join(SAMPLE, "labels.json"));
  reference = await judge((ledger) => new RecordingSource(SAMPLE, { ...settings, ledger }));
}, 120_000);

describe("the sample recording", () => {
  test("is judged by the shipped model, not by what stands in for it", () => {
    expect(reference.model).toBe("node-model");
  });

  test("has at least four labelled faults, and each is found, with the right service first", () => {
    const found = labels.faults.map((fault) => {
      const incident = reference.incidents.find(
        (each) => each.verdict === "fault" && each.openedSeconds >= fault.start && each.openedSeconds <= fault.end + 15,
      );
      return `${fault.fault} at ${fault.service}: ${incident?.suspectsAtOpening[0]?.node ?? "not found"}`;
    });
    expect(labels.faults.length).toBeGreaterThanOrEqual(4);
    expect(found).toEqual(labels.faults.map((fault) => `${fault.fault} at ${fault.service}: ${fault.service}`));
  });

  test("raises no fault incident outside its faults", () => {
    const false_ = reference.incidents.filter(
      (incident) =>
        incident.verdict === "fault" &&
        !labels.faults.some(
          (fault) =>
            incident.openedSeconds >= fault.start && incident.openedSeconds <= fault.end + labels.settleSeconds,
        ),
    );
    expect(false_.map((incident) => incident.summary)).toEqual([]);
  });

  test("shows its surge as traffic, with the station that saturates", () => {
    const surge = labels.loads!.find((load) => load.factor >= 1.5)!;
    const traffic = reference.incidents.find(
      (incident) =>
        incident.verdict === "traffic" &&
        incident.openedSeconds > surge.start &&
        incident.openedSeconds < surge.end + 5,
    );
    expect(traffic?.bottleneck?.node).toBe("pricing");
    expect(traffic?.bottleneck?.saturationRatePerSecond).toBeGreaterThan(40);
    expect(traffic?.bottleneck?.saturationRatePerSecond).toBeLessThan(58);
  });

  test("gives the same incidents, byte for byte, when it is replayed again", async () => {
    const again = await judge((ledger) => new RecordingSource(SAMPLE, { ...settings, ledger }));
    expect(again.text).toBe(reference.text);
  }, 120_000);

  test.each(TRANSPORTS)(
    "gives the same incidents, byte for byte, when it comes in over %s",
    async (transport) => {
      const sent = await judge((ledger) => sendOver(transport, SAMPLE, { ...settings, ledger }));
      expect(sent.spans).toBe(reference.spans);
      expect(sent.text).toBe(reference.text);
    },
    180_000,
  );
});
