import type { RecordedBody } from "../../src/telemetry/files/recording-bodies.ts";
import { cluster } from "../ingest/cluster.ts";
import { type Cycle, moveOn, recordCycle } from "../ingest/span-bodies.ts";

const SPANS_PER_BODY = 512;
const CYCLE_SECONDS = 10;
const SEED = 11;

/** A body of the traffic, and when it is due, seconds from the start. */
export interface TimedBody extends RecordedBody {
  readonly spanCount: number;
  readonly atSeconds: number;
}

/** Traffic of a cluster of ten services and 200 operations, at about the given rate, played round and round. */
export function traffic(spansPerSecond: number): Cycle {
  const trial = recordCycle(cluster(50, SEED), {
    ...{ requestsPerSecond: 50, seconds: 10, spansPerBody: SPANS_PER_BODY, seed: SEED },
  });
  const requestsPerSecond = (spansPerSecond / trial.spanCount) * trial.seconds * 50;
  return recordCycle(cluster(requestsPerSecond, SEED), {
    ...{ requestsPerSecond, seconds: CYCLE_SECONDS, spansPerBody: SPANS_PER_BODY, seed: SEED },
  });
}

const AS_RECORDED = { signal: "traces", encoding: "otlp_proto", isDocument: false, timeNanos: 0 } as const;

/** The traffic's bodies one after another, without end: every round is the cycle later, with traces of its own. */
export function* bodiesOf({ bodies, seconds }: Cycle): Generator<TimedBody, never> {
  for (let round = 0; ; round += 1) {
    for (const [index, body] of bodies.entries()) {
      if (round > 0) moveOn(body, seconds, round);
      const atSeconds = (round + index / bodies.length) * seconds;
      // The next round changes the bytes, and this body may still be on its way then.
      const bytes = body.bytes.slice();
      yield { ...AS_RECORDED, bytes, spanCount: body.spanCount, atSeconds };
    }
  }
}
