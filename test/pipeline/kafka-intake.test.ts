import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { MalformedError } from "../../src/contracts/errors.ts";
import { KafkaIntake, type KafkaIntakeOptions, type LoggedBody } from "../../src/pipeline/kafka-intake.ts";
import { Quarantine, type QuarantinedRecord } from "../../src/telemetry/kafka/quarantine.ts";
import { BusyError } from "../../src/telemetry/otlp/busy-error.ts";
import { MemoryLog } from "../telemetry/memory-log.ts";
import { until } from "../until.ts";

const SECONDS = 10;
const text = (value: string) => Buffer.from(value);
const SPANS = text('{"resourceSpans":[]}');
const METRICS = text('{"resourceMetrics":[]}');
const ZIPKIN = text('[{"id":"1","traceId":"2"}]');

let log: MemoryLog;
let accepted: LoggedBody[];
let leftOut: QuarantinedRecord[];
const ends: (() => Promise<void>)[] = [];

beforeEach(() => {
  log = new MemoryLog("otlp_spans", 2);
  accepted = [];
  leftOut = [];
});

afterEach(async () => {
  for (const end of ends.splice(0)) await end();
});

function start(options: Partial<KafkaIntakeOptions> = {}) {
  const quarantine = new Quarantine(null, () => undefined);
  quarantine.add = (record) => {
    leftOut.push(record);
  };
  const source = options.source ?? log.open();
  const intake = new KafkaIntake({
    source,
    accept: async (body) => {
      accepted.push(body);
      return 0;
    },
    encoding: "auto",
    metricTopics: [],
    quarantine,
    ...options,
  });
  const stopping = new AbortController();
  const running = intake.run(stopping.signal);
  const end = async () => {
    stopping.abort();
    await running;
    await source.close();
  };
  ends.push(end);
  return { intake, end };
}

const committed = (partition: number, position: bigint) =>
  until(
    () => log.committed(partition) === position,
    SECONDS,
    () => log.committed(partition),
  );

describe("a record", () => {
  test("is taken for what it holds, whatever its topic, and acknowledged", async () => {
    log.append(0, [SPANS, METRICS, ZIPKIN]);
    const { intake } = start();
    await committed(0, 3n);
    expect(accepted.map(({ encoding, signal }) => `${encoding} ${signal}`)).toEqual([
      "otlp_json traces",
      "otlp_json metrics",
      "zipkin_json traces",
    ]);
    expect(accepted[1]?.position).toEqual({ topic: "otlp_spans", partition: 0, offset: 1n });
    expect(intake.counts).toMatchObject({ records: 3, bytes: SPANS.length + METRICS.length + ZIPKIN.length });
  });

  test("is taken by its topic and the setting where an encoding is set", async () => {
    log.append(0, [SPANS]);
    start({ encoding: "otlp_proto", metricTopics: [/^otlp/u] });
    await committed(0, 1n);
    expect(accepted[0]).toMatchObject({ encoding: "otlp_proto", signal: "metrics" });
  });

  test("without a value is passed over", async () => {
    log.append(0, [Buffer.alloc(0), SPANS]);
    start();
    await committed(0, 2n);
    expect(accepted).toHaveLength(1);
  });
});

describe("a record that cannot be taken", () => {
  test("is tried three times, the last said to be the last, then left out with its place; the others go on", async () => {
    log.append(0, [text("poison"), SPANS]);
    const tries: boolean[] = [];
    const { intake } = start({
      accept: async ({ position }, isLastTry) => {
        if (position.offset > 0n) return 2;
        tries.push(isLastTry);
        throw new MalformedError("not JSON");
      },
    });
    await committed(0, 2n);
    expect(tries).toEqual([false, false, true]);
    expect(leftOut).toMatchObject([{ topic: "otlp_spans", partition: 0, offset: 0n, byteCount: 6 }]);
    expect(leftOut[0]?.reason).toMatch(/not JSON/);
    expect(intake.counts).toMatchObject({ records: 1, rejectedItems: 2 });
  });

  test("once is taken when it succeeds at the second try", async () => {
    log.append(0, [SPANS]);
    let tries = 0;
    start({
      accept: async () => {
        tries += 1;
        if (tries === 1) throw new TypeError("not foreseen");
        return 0;
      },
    });
    await committed(0, 1n);
    expect(tries).toBe(2);
    expect(leftOut).toEqual([]);
  });

  test("because its batch is broken is left out untried", async () => {
    log.append(0, [Buffer.alloc(0)], "batch does not decompress");
    log.append(0, [SPANS]);
    start();
    await committed(0, 2n);
    expect(accepted).toHaveLength(1);
    expect(leftOut).toMatchObject([{ offset: 0n, reason: "batch does not decompress" }]);
  });
});

describe("when we are full", () => {
  test("the log waits, for more than three tries, and nothing is left out", async () => {
    log.append(0, [SPANS]);
    let refusals = 0;
    const { intake } = start({
      accept: async () => {
        refusals += 1;
        if (refusals <= 5) throw new BusyError("full");
        return 0;
      },
    });
    await committed(0, 1n);
    expect(refusals).toBe(6);
    expect(leftOut).toEqual([]);
    expect(intake.counts).toMatchObject({ records: 1, waits: 5 });
  });

  test("and are to stop, the record is neither acknowledged nor left out", async () => {
    log.append(0, [SPANS]);
    const { intake, end } = start({
      accept: async () => {
        throw new BusyError("full");
      },
    });
    await until(
      () => intake.counts.waits > 0,
      SECONDS,
      () => intake.counts,
    );
    await end();
    expect(log.committed(0)).toBe(0n);
    expect(leftOut).toEqual([]);
    expect(intake.counts.records).toBe(0);
  });
});

describe("a record that comes again", () => {
  test("is acknowledged, not taken a second time", async () => {
    log.append(0, [SPANS, SPANS, SPANS]);
    const { intake } = start({
      takenThrough: [{ topic: "otlp_spans", partition: 0, offset: 1n, takenAtSeconds: Date.now() / 1000 }],
    });
    await committed(0, 3n);
    expect(accepted.map(({ position }) => position.offset)).toEqual([2n]);
    expect(intake.counts).toMatchObject({ records: 1, repeatedRecords: 2 });
  });

  test("within one life is known by its partition", async () => {
    log.append(0, [SPANS]);
    log.append(1, [SPANS]);
    const forgetful = log.open();
    forgetful.acknowledge = () => undefined;
    const twice: typeof forgetful = {
      name: "twice",
      read: async (take, signal) => {
        const again = new AbortController();
        const first = forgetful.read(take, again.signal);
        await until(
          () => accepted.length === 2,
          SECONDS,
          () => accepted.length,
        );
        again.abort();
        await first;
        await log.open().read(take, signal);
      },
      acknowledge: () => undefined,
      status: () => forgetful.status(),
      close: async () => undefined,
    };
    const { intake } = start({ source: twice });
    await until(
      () => intake.counts.repeatedRecords === 2,
      SECONDS,
      () => intake.counts,
    );
    expect(accepted).toHaveLength(2);
  });

  test("by its number but not by its time is new: its topic was made anew", async () => {
    log.append(0, [SPANS, SPANS]);
    const first = start();
    await committed(0, 2n);
    await first.end();
    const takenAtSeconds = Date.now() / 1000;
    accepted = [];
    log.recreate(0);
    await new Promise((resolve) => setTimeout(resolve, 20));
    log.append(0, [METRICS]);
    start({ takenThrough: [{ topic: "otlp_spans", partition: 0, offset: 1n, takenAtSeconds }] });
    await committed(0, 1n);
    log.append(0, [ZIPKIN]);
    await committed(0, 2n);
    expect(accepted.map(({ encoding, signal }) => `${encoding} ${signal}`)).toEqual([
      "otlp_json metrics",
      "zipkin_json traces",
    ]);
  });
});
