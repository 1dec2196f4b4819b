import type { Topology } from "../../src/contracts/observation.ts";
import type { MetricPoint } from "../../src/contracts/telemetry.ts";

/** Histograms of which every request of a server is one value, sampled or not (OpenTelemetry conventions, new and old). */
const REQUEST_METRICS = new Set([
  "http.server.request.duration",
  "http.server.duration",
  "rpc.server.call.duration",
  "rpc.server.duration",
]);
/** Series told apart; what comes beyond is not read. */
const SERIES_MAX = 20_000;
/** An export says something about a window when its interval covers at least this share of it. */
const COVERED_SHARE_MIN = 0.5;

interface Series {
  readonly operation: string;
  timeSeconds: number;
  count: number;
  ratePerSecond: number;
  fromSeconds: number;
}

/** Request rates from the counts that services export as metrics: these hold the traces that sampling left out, too. */
export class RequestCounts {
  #series = new Map<string, Series>();

  take(points: readonly MetricPoint[]): void {
    for (const point of points) {
      if (REQUEST_METRICS.has(point.name)) this.#take(point);
    }
  }

  /** Requests per second in the window, by index of the operations whose services export a count of them. */
  rates(topology: Topology, startSeconds: number, endSeconds: number): Map<number, number> {
    const rates = new Map<number, number>();
    const byName = new Map<string, number>();
    for (const { ratePerSecond, fromSeconds, timeSeconds, operation } of this.#series.values()) {
      const covered = Math.min(timeSeconds, endSeconds) - Math.max(fromSeconds, startSeconds);
      if (covered >= COVERED_SHARE_MIN * (endSeconds - startSeconds)) {
        byName.set(operation, (byName.get(operation) ?? 0) + ratePerSecond);
      }
    }
    if (byName.size === 0) return rates;
    for (const { index, name, node } of topology.operations) {
      const rate = byName.get(nameOf(topology.nodes[node]!.name, name));
      if (rate !== undefined) rates.set(index, rate);
    }
    return rates;
  }

  snapshot() {
    return { series: new Map([...this.#series].map(([key, each]) => [key, { ...each }])) };
  }

  restore({ series }: ReturnType<RequestCounts["snapshot"]>): void {
    this.#series = series;
  }

  #take(point: MetricPoint): void {
    const key = `${point.name} ${point.instance} ${point.service} ${point.attributes}`;
    const before = this.#series.get(key);
    const { timeSeconds, count } = point;
    if (before === undefined) {
      const operation = operationOf(point.attributes);
      if (operation === null || this.#series.size >= SERIES_MAX) return;
      // One point alone has no interval to make a rate of.
      const name = nameOf(point.service, operation);
      this.#series.set(key, { operation: name, timeSeconds, count, ratePerSecond: 0, fromSeconds: timeSeconds });
      return;
    }
    const seconds = timeSeconds - before.timeSeconds;
    if (!(seconds > 0)) return;
    // A count that fell began anew with its process.
    const requests = point.cumulative && count >= before.count ? count - before.count : count;
    before.ratePerSecond = requests / seconds;
    before.fromSeconds = before.timeSeconds;
    before.timeSeconds = timeSeconds;
    before.count = count;
  }
}

/** The operation's name as spans of the same request give it; null when the point does not say. */
function operationOf(attributes: string): string | null {
  const values = new Map(
    attributes.split(",").map((pair) => {
      const at = pair.indexOf("=");
      return [pair.slice(0, at), pair.slice(at + 1)] as const;
    }),
  );
  const rpcMethod = values.get("rpc.method");
  if (rpcMethod !== undefined) {
    const service = values.get("rpc.service");
    return service === undefined ? rpcMethod : `${service}/${rpcMethod}`;
  }
  const method = values.get("http.request.method") ?? values.get("http.method");
  const route = values.get("http.route");
  return method === undefined || route === undefined ? null : `${method} ${route}`;
}

function nameOf(service: string, operation: string): string {
  return `${service}\n${operation}`;
}
