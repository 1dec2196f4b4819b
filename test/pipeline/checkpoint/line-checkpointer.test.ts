// Goal: what feeds the line and watches it goes on with it, and a checkpoint is used only where it holds.
// Method: the first minutes of the sample recording, with the keeper and the live view of a server.
import { beforeAll, describe, expect, test } from "vitest";
import type { Settings } from "../../../src/contracts/settings.ts";
import { lineCheckpointer } from "../../../src/pipeline/checkpoint/line-checkpointer.ts";
import { Keeper } from "../../../src/pipeline/keeper.ts";
import { LiveView } from "../../../src/pipeline/live-view.ts";
import { createLine } from "../../../src/pipeline/replay.ts";
import { type LoadedScorer, loadScorer } from "../../../src/pipeline/scorers.ts";
import type { RecordedBody } from "../../../src/telemetry/files/recorded-body.ts";
import { recordedBodies } from "../../../src/telemetry/files/recording-bodies.ts";
import { CountingLedger } from "../../../src/telemetry/ledger.ts";
import { OtlpDecoder } from "../../../src/telemetry/otlp/decoder.ts";
import { SAMPLE, settings as sampleSettings } from "../../golden/recording.ts";
import { digest, temporaryFolder } from "./worlds.ts";

const settings: Settings = { ...sampleSettings, replicates: 2 };
const BODIES = 1400;
const LATER_BODIES = 200;

let loaded: LoadedScorer;
const bodies: RecordedBody[] = [];

beforeAll(async () => {
  loaded = await loadScorer(settings);
  for await (const body of recordedBodies(SAMPLE, { onBroken: () => undefined })) {
    bodies.push({ ...body, bytes: body.bytes.slice() });
    if (bodies.length === BODIES + LATER_BODIES) return;
  }
});

/** All of a server that remembers. */
function server(directory: string, own: Settings = settings, version = "1.0.0") {
  const ledger = new CountingLedger();
  const decoder = new OtlpDecoder({ ...own, ledger });
  const line = createLine(own, loaded.scorer, ledger);
  const kept: unknown[] = [];
  const keeper = new Keeper({ line, writer: { put: (write) => void kept.push(write) }, retentionHours: 1 });
  const fixed = { mode: "attach", version, windowSeconds: own.windowSeconds } as const;
  const live = new LiveView({ line, ledger, model: loaded.view, fixed });
  const notices: string[] = [];
  const checkpointer = lineCheckpointer({
    directory,
    version,
    settings: own,
    model: loaded.view,
    line,
    names: decoder.names,
    ledger,
    watchers: { keeper, live },
    onNotice: (text) => notices.push(text),
  });
  const take = ({ signal, bytes }: RecordedBody): void => {
    const { batch } = decoder.decode(signal, "protobuf", bytes);
    if (batch.spans.spanCount > 0) live.countSpans(batch.spans.spanCount, batch.spans.startSeconds[0]!);
    keeper.remember(batch);
    line.take(batch);
  };
  const seen = () => [live.status(), live.map(), live.waits(), live.ledger(), line.memory, digest(keeper.snapshot())];
  return { take, seen, kept, live, notices, checkpointer };
}

describe("a server that comes back", () => {
  test("shows at once what it showed before, and afterwards what it would have shown", async () => {
    const folder = temporaryFolder();
    const before = server(folder);
    for (const body of bodies.slice(0, BODIES)) before.take(body);
    expect(before.live.status().phase).toBe("watching");
    await before.checkpointer.capture({ body: BODIES });
    const after = server(folder);
    expect(after.checkpointer.restore()).toEqual({ body: BODIES });
    expect(after.seen()).toEqual(before.seen());
    before.kept.length = 0;
    for (const body of bodies.slice(BODIES)) {
      before.take(body);
      after.take(body);
    }
    expect(after.live.windowsSeen).toBeGreaterThan(0);
    expect(after.seen()).toEqual(before.seen());
    expect(after.kept.length).toBeGreaterThan(0);
    expect(after.kept).toEqual(before.kept);

    const slower = server(folder, { ...settings, windowSeconds: settings.windowSeconds * 2 });
    expect(slower.checkpointer.restore()).toBeNull();
    expect(slower.notices.join()).toContain("windowSeconds");
    const newer = server(folder, settings, "1.0.1");
    expect(newer.checkpointer.restore()).toBeNull();
    expect(newer.notices.join()).toContain("version");
    const keener = server(folder, { ...settings, falseAlarmsPerWeek: 20 });
    expect(keener.checkpointer.restore()).toEqual({ body: BODIES });
  }, 120_000);
});
