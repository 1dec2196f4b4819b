import { Sender } from "../../test/fault/sender.ts";
import { freePorts, ServerProcess } from "../../test/fault/server-process.ts";
import { SentLedger, type Verdict } from "./ledger-of-sent.ts";
import { bodiesOf, type TimedBody, traffic } from "./traffic.ts";

export interface OverloadReport extends Verdict {
  readonly offeredSpansPerSecond: number;
  readonly acceptedSpansPerSecond: number;
  /** Answers by status; 0 is none. */
  readonly answers: Readonly<Record<number, number>>;
  readonly acceptedLatencySecondsP99: number;
  readonly rssMiBMax: number;
  readonly queueMiBMax: number;
  /** From the end of the overload until nothing was refused and nothing waited. */
  readonly normalAgainSeconds: number;
}

const CONNECTIONS = 32;
const CYCLE_SECONDS = 2;

/** Offers several times what the server is rated for, without mercy, and then what it is rated for. */
export async function runOverload(
  data: string,
  options: { readonly spansPerSecond: number; readonly factor: number; readonly seconds: number },
): Promise<OverloadReport> {
  const server = new ServerProcess(await freePorts(), data, ["--journal-max-bytes", String(1e11)]);
  server.start();
  await server.ready();
  const sender = new Sender(server.ports.http);
  const ledger = new SentLedger();
  const bodies = bodiesOf(traffic(options.spansPerSecond * options.factor, CYCLE_SECONDS));
  const answers: Record<number, number> = {};
  const latencies: number[] = [];
  let accepted = 0;
  let offered = 0;
  let rss = 0;
  let queue = 0;
  const send = async (body: TimedBody): Promise<number> => {
    const begun = performance.now();
    const { status } = await sender.post(body);
    answers[status] = (answers[status] ?? 0) + 1;
    if (status === 200) {
      latencies.push((performance.now() - begun) / 1000);
      ledger.acknowledge(body.bytes);
      accepted += body.spanCount;
    }
    return status;
  };
  const begun = performance.now();
  const elapsed = (): number => (performance.now() - begun) / 1000;
  const look = setInterval(() => {
    void Promise.all([server.metric("spantwin_resident_memory_bytes"), server.metric("spantwin_intake_queue_bytes")])
      .then(([memory, waiting]) => {
        rss = Math.max(rss, memory);
        queue = Math.max(queue, waiting);
      })
      .catch(() => undefined);
  }, 1000);
  const worker = async (): Promise<void> => {
    while (elapsed() < options.seconds) {
      const body = bodies.next().value;
      offered += body.spanCount;
      const early = offered / (options.spansPerSecond * options.factor) - elapsed();
      if (early > 0) await new Promise((resolve) => setTimeout(resolve, early * 1000));
      await send(body);
    }
  };
  await Promise.all(Array.from({ length: CONNECTIONS }, worker));
  const overloadSeconds = elapsed();
  const acceptedSpansPerSecond = Math.round(accepted / overloadSeconds);
  const latencySecondsP99 = latencies.toSorted((a, b) => a - b)[Math.floor(latencies.length * 0.99)] ?? Number.NaN;
  const afterwards = performance.now();
  for (let waiting = 1; waiting > 0; ) {
    const body = bodies.next().value;
    const status = await send(body);
    await new Promise((resolve) => setTimeout(resolve, (body.spanCount / options.spansPerSecond) * 1000));
    waiting = status === 200 ? await server.metric("spantwin_intake_queue_batches") : 1;
  }
  const normalAgainSeconds = (performance.now() - afterwards) / 1000;
  clearInterval(look);
  await server.terminate();
  sender.close();
  return {
    offeredSpansPerSecond: Math.round(offered / overloadSeconds),
    acceptedSpansPerSecond,
    answers,
    acceptedLatencySecondsP99: latencySecondsP99,
    rssMiBMax: Math.round(rss / 2 ** 20),
    queueMiBMax: Math.round(queue / 2 ** 20),
    normalAgainSeconds,
    ...(await ledger.holdAgainst(data)),
  };
}
