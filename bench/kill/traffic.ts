import type { Application } from "../../datasets/synthetic/application.ts";
import type { RecordedBody } from "../../src/telemetry/files/recorded-body.ts";
import { cluster, spansPerRequest } from "../ingest/cluster.ts";
import { type Cycle, moveOn, recordCycle } from "../ingest/span-bodies.ts";

const SPANS_PER_BODY = 512;
const SEED = 11;
/** A service of the second layer works so many times as long once it is ill. */
const ILL = { service: 2, factor: 4 };

const AS_RECORDED = { signal: "traces", encoding: "otlp_proto", isDocument: false, timeNanos: 0 } as const;

/** A body of the traffic. */
export interface TimedBody extends RecordedBody {
  readonly spanCount: number;
}

/** The same traffic of a cluster of ten services and 200 operations, well and with one service ill. */
export interface Traffic {
  readonly well: Cycle;
  readonly ill: () => Cycle;
}

/** @param spansPerSecond about; it is a drawn number of requests that has as many */
export function traffic(spansPerSecond: number, seconds: number): Traffic {
  const requestsPerSecond = spansPerSecond / spansPerRequest(cluster(1, SEED));
  const application = cluster(requestsPerSecond, SEED);
  const options = { requestsPerSecond, seconds, spansPerBody: SPANS_PER_BODY, seed: SEED };
  return {
    well: recordCycle(application, options),
    ill: () => recordCycle(fallenIll(application), options),
  };
}

/** The traffic's bodies one after another, without end: every round is a cycle later, with traces of its own. */
export function* bodiesOf(
  { well, ill }: Traffic,
  illFromSeconds = Number.POSITIVE_INFINITY,
): Generator<TimedBody, never> {
  let cycle = well;
  let movedTo = 0;
  for (let round = 0; ; round += 1) {
    if (cycle === well && round * well.seconds >= illFromSeconds) {
      cycle = ill();
      movedTo = 0;
    }
    for (const body of cycle.bodies) {
      if (round > movedTo) moveOn(body, (round - movedTo) * cycle.seconds, round);
      // The next round changes the bytes, and this body may still be on its way then.
      yield { ...AS_RECORDED, bytes: body.bytes.slice(), spanCount: body.spanCount };
    }
    movedTo = round;
  }
}

function fallenIll(application: Application): Application {
  const operations = application.operations.map((operation) => {
    const { work } = operation;
    const isIll = operation.service === ILL.service;
    return isIll ? { ...operation, work: { ...work, meanSeconds: work.meanSeconds * ILL.factor } } : operation;
  });
  return { ...application, operations };
}
