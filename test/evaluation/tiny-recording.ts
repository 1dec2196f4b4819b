import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";

const START_SECONDS = 1_750_000_000;
const REQUESTS_A_SECOND = 20;

/** A minute and a half of two services; from second 60 to 80 the named one is slower by a factor. Labels beside it. */
export function writeTinyRecording(folder: string, slow: "front" | "cart", factor: number): void {
  mkdirSync(folder, { recursive: true });
  const lines = Array.from({ length: 90 }, (_, second) => {
    const requests = Array.from({ length: REQUESTS_A_SECOND }, (_, i) => second * REQUESTS_A_SECOND + i);
    const slower = second >= 60 && second < 80 ? { [slow]: factor } : {};
    return JSON.stringify(lineOf(requests.map((request) => spansOf(request, slower))));
  });
  writeFileSync(join(folder, "spans.jsonl"), `${lines.join("\n")}\n`);
  const [start, end] = [START_SECONDS + 60, START_SECONDS + 80];
  const labels = {
    unit: "unix seconds, UTC",
    application: "pair",
    settleSeconds: 10,
    covered: [[START_SECONDS, START_SECONDS + 90]],
    faults: [{ start, end, service: slow, fault: "slow-code", performance: true }],
  };
  writeFileSync(join(folder, "labels.json"), JSON.stringify(labels));
}

interface Request {
  readonly front: readonly object[];
  readonly cart: readonly object[];
}

/** Front works, calls cart, and works again. */
function spansOf(request: number, slower: { readonly front?: number; readonly cart?: number }): Request {
  const atMicros = Math.round((request * 1e6) / REQUESTS_A_SECOND);
  // From a fixed sequence, so that a normal window has a spread to be measured by: 2 to 6 ms, not the same for both.
  const workOf = (name: "front" | "cart", step: number) => (2000 + ((request * step) % 41) * 100) * (slower[name] ?? 1);
  const front = workOf("front", 7919);
  const cart = workOf("cart", 6007);
  const id = (part: number) => (4 * request + part + 1).toString(16).padStart(16, "0");
  const span = (part: number, parent: number | null, kind: number, from: number, to: number) => ({
    traceId: (request + 1).toString(16).padStart(32, "0"),
    spanId: id(part),
    ...(parent === null ? {} : { parentSpanId: id(parent) }),
    name: "GET",
    kind,
    startTimeUnixNano: nanosAt(atMicros + from),
    endTimeUnixNano: nanosAt(atMicros + to),
  });
  const called = front + 200;
  const answered = called + cart;
  return {
    front: [span(0, null, 2, 0, answered + 200 + front), span(1, 0, 3, front, answered + 200)],
    cart: [span(2, 1, 2, called, answered)],
  };
}

function lineOf(requests: readonly Request[]): object {
  const resourceSpans = (["front", "cart"] as const).map((service) => ({
    resource: { attributes: [{ key: "service.name", value: { stringValue: service } }] },
    scopeSpans: [{ spans: requests.flatMap((request) => request[service]) }],
  }));
  return { resourceSpans };
}

function nanosAt(micros: number): string {
  return `${BigInt(START_SECONDS) * 1_000_000_000n + BigInt(Math.round(micros)) * 1000n}`;
}
