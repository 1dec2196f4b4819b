import { createHash } from "node:crypto";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { onTestFinished } from "vitest";
import type { Settings } from "../../../src/contracts/settings.ts";
import { Checkpointer } from "../../../src/pipeline/checkpoint/checkpointer.ts";
import { VALUE_CLASSES } from "../../../src/pipeline/checkpoint/value-classes.ts";
import type { Line } from "../../../src/pipeline/line.ts";
import { CountingLedger } from "../../../src/telemetry/ledger.ts";
import { OtlpDecoder } from "../../../src/telemetry/otlp/decoder.ts";

/** A folder that goes when the test does. */
export function temporaryFolder(): string {
  const folder = mkdtempSync(join(tmpdir(), "spantwin-checkpoint-"));
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }));
  return folder;
}

/** A line in the making, with all that it needs beside it. */
export interface World {
  readonly line: Line;
  readonly ledger: CountingLedger;
  readonly decoder: OtlpDecoder;
}

export type Step = (world: World) => void;

/** What a run came to, and what was going on where it was cut. */
export interface Course {
  /** Digest of everything that each window led to. */
  readonly windows: readonly string[];
  /** Digest of the state at the end. */
  readonly end: string;
  readonly events: number;
  /** Windows of which only a slice was looked at. */
  readonly slices: number;
  readonly cuts: readonly Cut[];
  /** Snapshots that were held while the line went on, and those of them that it changed. */
  readonly held: number;
  readonly heldChanged: number;
}

export interface Cut {
  readonly step: number;
  readonly openTraces: number;
  readonly openIncidents: number;
  readonly isReady: boolean;
  readonly windowsSeen: number;
}

/**
 * Takes the steps, one after the other. Before each step that is a cut, the world is taken down into a checkpoint, thrown
 * away, and made anew from it.
 */
export async function play(parts: {
  settings: Settings;
  line: (ledger: CountingLedger) => Line;
  steps: readonly Step[];
  cuts?: ReadonlySet<number>;
  /** Steps before which a snapshot is taken, and held until the end. */
  holds?: ReadonlySet<number>;
  /** Objects besides the line's that its state refers to. */
  anchors?: Readonly<Record<string, object>>;
}): Promise<Course> {
  const folder = temporaryFolder();
  const windows: string[] = [];
  const cuts: Cut[] = [];
  let events = 0;
  let slices = 0;
  let isReady = false;
  const begin = (): World & { checkpointer: Checkpointer } => {
    const ledger = new CountingLedger();
    const decoder = new OtlpDecoder({ ...parts.settings, ledger });
    const line = parts.line(ledger);
    line.onWindow((result) => {
      const { scored, openIncidents, watching } = result;
      windows.push(digest([scored, result.events, openIncidents, watching]));
      events += result.events.length;
      slices += scored.forecast.observation.seen === undefined ? 0 : 1;
      isReady = scored.forecast.isReady;
    });
    const checkpointer = new Checkpointer({
      directory: folder,
      identity: {},
      state: { names: decoder.names, ledger, line },
      anchors: { strings: decoder.names.strings, topology: line.observer.topology, ...parts.anchors },
      classes: VALUE_CLASSES,
      onNotice: (text) => {
        throw new Error(text);
      },
    });
    return { line, ledger, decoder, checkpointer };
  };
  const held: { readonly snapshot: unknown; readonly digest: string }[] = [];
  let world = begin();
  for (const [step, take] of parts.steps.entries()) {
    if (parts.holds?.has(step) === true) {
      const snapshot = snapshotOf(world);
      held.push({ snapshot, digest: digest(snapshot) });
    }
    if (parts.cuts?.has(step) === true) {
      const { observer, openIncidents } = world.line;
      const { openTraceCount: openTraces } = observer;
      cuts.push({ step, openTraces, openIncidents: openIncidents.length, isReady, windowsSeen: windows.length });
      await world.checkpointer.capture({ step });
      world = begin();
      const position = world.checkpointer.restore();
      if (JSON.stringify(position) !== JSON.stringify({ step }))
        throw new Error(`restored ${JSON.stringify(position)}`);
    }
    take(world);
  }
  world.line.finish();
  const end = digest(snapshotOf(world));
  const heldChanged = held.filter((each) => digest(each.snapshot) !== each.digest).length;
  return { windows, end, events, slices, cuts, held: held.length, heldChanged };
}

function snapshotOf({ line, ledger, decoder }: World): unknown {
  return [line.snapshot(), ledger.snapshot(), decoder.names.snapshot()];
}

/**
 * Equal for equal values, to the bit. How learned visits are parted into runs says nothing, and the topology that windows
 * refer to is the line's own, with a state of its own.
 */
export function digest(value: unknown): string {
  const hash = createHash("sha256");
  hash.update(JSON.stringify(value, plain));
  return hash.digest("hex");
}

function plain(key: string, value: unknown): unknown {
  if (key === "topology") return undefined;
  if (ArrayBuffer.isView(value))
    return createHash("sha256")
      .update(new Uint8Array(value.buffer, value.byteOffset, value.byteLength))
      .digest("hex");
  if (value instanceof Map || value instanceof Set) return [...value];
  if (typeof value === "number")
    return Number.isFinite(value) && !Object.is(value, -0) ? value : `number ${1 / value} ${value}`;
  if (typeof value === "object" && value !== null && "runs" in value) {
    const { runs, skipped, latest } = value as { runs: unknown[][]; skipped: number; latest: unknown[] };
    return [...runs.flat().slice(skipped), ...latest];
  }
  return value;
}
