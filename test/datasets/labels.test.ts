// Goal: both forms of labels are read, and whatever is wrong is named in one line.
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, describe, expect, test } from "vitest";
import { parseLabels, readLabels } from "../../datasets/labels.ts";
import { SettingsError } from "../../src/contracts/errors.ts";

const FAULT = { start: 1000, end: 1180, service: "cart", fault: "pause", performance: true };
const PLAIN = { unit: "unix seconds, UTC", settleSeconds: 180, covered: [[0, 2000]], faults: [FAULT] };

const directory = mkdtempSync(join(tmpdir(), "labels-"));
afterAll(() => rmSync(directory, { recursive: true }));

function messageOf(act: () => unknown): string {
  try {
    act();
  } catch (error) {
    expect(error).toBeInstanceOf(SettingsError);
    return (error as Error).message;
  }
  throw new Error("nothing was thrown");
}

describe("what is read", () => {
  test("the testbed's form comes back as it was written, loads and detail included", () => {
    const written = {
      ...PLAIN,
      faults: [{ ...FAULT, detail: { factor: 4 } }],
      application: "shop",
      loads: [
        { start: 1, end: 2, shape: "surge", factor: 2 },
        {
          start: 2,
          end: 99,
          shape: "ramp",
          factor: 3,
          bottleneckUtilization: 1.2,
          saturates: true,
          bottleneck: "stock",
        },
      ],
    };
    const path = join(directory, "labels.json");
    writeFileSync(path, JSON.stringify(written));
    expect(readLabels(path)).toEqual(written);
  });

  test("of the published form, notes are ignored and further keys of a fault are kept as detail", () => {
    const published = {
      ...PLAIN,
      dataset: "a campaign",
      notes: ["a note"],
      faults: [{ ...FAULT, pod: "cart-1", source: "published" }],
    };
    const read = parseLabels(JSON.stringify(published), "x");
    expect(read.faults).toEqual([{ ...FAULT, detail: { pod: "cart-1", source: "published" } }]);
    expect(Object.keys(read)).not.toContain("notes");
  });

  test("a code defect may have no place", () => {
    const text = JSON.stringify({ ...PLAIN, faults: [{ ...FAULT, service: null, performance: false }] });
    expect(parseLabels(text, "x").faults[0]?.service).toBe("");
  });
});

describe("what is refused, in one line that names file and key", () => {
  const withFault = (change: object) => ({ ...PLAIN, faults: [FAULT, { ...FAULT, ...change }] });
  const withLoad = (change: object) => ({
    ...PLAIN,
    loads: [{ start: 1, end: 2, shape: "surge", factor: 2, ...change }],
  });
  test.each([
    { wrong: { ...PLAIN, unit: "ms" }, key: "unit" },
    { wrong: { ...PLAIN, settleSeconds: -1 }, key: "settleSeconds" },
    { wrong: { ...PLAIN, covered: undefined }, key: "covered" },
    { wrong: { ...PLAIN, covered: [[5, 4]] }, key: "covered[0][1]" },
    { wrong: { ...PLAIN, covered: [[5]] }, key: "covered[0]" },
    { wrong: { ...PLAIN, faults: {} }, key: "faults" },
    { wrong: withFault({ start: "1000" }), key: "faults[1].start" },
    { wrong: withFault({ start: 1.6e12, end: 1.7e12 }), key: "faults[1].start" },
    { wrong: withFault({ end: 999 }), key: "faults[1].end" },
    { wrong: withFault({ service: null }), key: "faults[1].service" },
    { wrong: withFault({ fault: "" }), key: "faults[1].fault" },
    { wrong: withFault({ performance: "yes" }), key: "faults[1].performance" },
    { wrong: withFault({ detail: 3 }), key: "faults[1].detail" },
    { wrong: { ...PLAIN, loads: [{ start: 1, end: 2, shape: "ramp", factor: 0 }] }, key: "loads[0].factor" },
    { wrong: { ...PLAIN, loads: [3] }, key: "loads[0]" },
    { wrong: { ...PLAIN, application: "" }, key: "application" },
    { wrong: withLoad({ saturates: "yes" }), key: "loads[0].saturates" },
    { wrong: withLoad({ bottleneckUtilization: -1 }), key: "loads[0].bottleneckUtilization" },
    { wrong: withLoad({ bottleneck: 3 }), key: "loads[0].bottleneck" },
  ])("$key", ({ wrong, key }) => {
    const message = messageOf(() => parseLabels(JSON.stringify(wrong), "run/labels.json"));
    expect(message.startsWith(`run/labels.json ${key}: `)).toBe(true);
    expect(message).not.toContain("\n");
    expect(message.length).toBeLessThan(200);
  });

  test("a file that is not there, a folder, and a text that is not JSON", () => {
    expect(messageOf(() => readLabels(join(directory, "absent.json")))).toContain("cannot be read: ENOENT");
    expect(messageOf(() => readLabels(directory))).toContain("cannot be read: EISDIR");
    expect(messageOf(() => parseLabels("{", "run/labels.json"))).toBe('labels: "run/labels.json" is not JSON');
    expect(messageOf(() => parseLabels("[]", "run/labels.json"))).toContain("must hold a JSON object");
  });
});
