import type { SeriesPoint, TraceSpanView, TraceView } from "../contracts/api.ts";
import type { SeriesRow } from "../contracts/store.ts";
import { SPAN_KIND, type SpanBatch, type TelemetryBatch } from "../contracts/telemetry.ts";
import { DeploymentLog } from "./deployment-log.ts";
import type { Line, WindowResult } from "./line.ts";
import { finiteBand } from "./live-view.ts";
import type { StoreWriter } from "./store-writer.ts";

const RECENT_SPANS_MAX = 200_000;
const RETAIN_EVERY_WINDOWS = 120;

/** Has written what the line finds: series of every window, deployments, incidents, and the traces these name. */
export class Keeper {
  readonly #writer: Pick<StoreWriter, "put">;
  readonly #retentionSeconds: number;
  readonly #deployments = new DeploymentLog();
  #recent: SpanBatch[] = [];
  #recentSpans = 0;
  #windows = 0;

  constructor(parts: { line: Line; writer: Pick<StoreWriter, "put">; retentionHours: number }) {
    this.#writer = parts.writer;
    this.#retentionSeconds = parts.retentionHours * 3600;
    parts.line.onWindow((result) => {
      this.#keep(result);
    });
  }

  /** Remembers raw spans for a while, so that evidence can be shown as it was received. */
  remember(batch: TelemetryBatch): void {
    this.#recent.push(batch.spans);
    this.#recentSpans += batch.spans.spanCount;
    while (this.#recentSpans > RECENT_SPANS_MAX && this.#recent.length > 1) {
      this.#recentSpans -= this.#recent.shift()!.spanCount;
    }
  }

  snapshot() {
    return {
      deployments: this.#deployments.snapshot(),
      recent: [...this.#recent],
      recentSpans: this.#recentSpans,
      windows: this.#windows,
    };
  }

  restore({ deployments, recent, recentSpans, windows }: ReturnType<Keeper["snapshot"]>): void {
    this.#deployments.restore(deployments);
    this.#recent = recent;
    this.#recentSpans = recentSpans;
    this.#windows = windows;
  }

  #keep(result: WindowResult): void {
    const { forecast } = result.scored;
    if (forecast.isReady) {
      this.#writer.put({ kind: "series", rows: seriesRows(result) });
    }
    for (const marker of this.#deployments.take(forecast)) {
      this.#writer.put({ kind: "deployment", marker });
    }
    for (const event of result.events) {
      this.#writer.put({ kind: "incident", incident: event.incident });
      if (event.type === "opened") {
        for (const traceId of event.incident.evidenceTraceIds) {
          const trace = this.#trace(traceId);
          // Of an incident that is told again its spans may be gone: what was kept of it stays.
          if (trace.spans.length > 0) {
            this.#writer.put({ kind: "trace", trace });
          }
        }
      }
    }
    if (++this.#windows % RETAIN_EVERY_WINDOWS === 0) {
      const olderThanSeconds = forecast.observation.endSeconds - this.#retentionSeconds;
      this.#writer.put({ kind: "retention", olderThanSeconds });
    }
  }

  #trace(traceId: string): TraceView {
    const words = [0, 8, 16, 24].map((at) => Number.parseInt(traceId.slice(at, at + 8), 16));
    const spans: TraceSpanView[] = [];
    for (const batch of this.#recent) {
      for (let row = 0; row < batch.spanCount; row++) {
        if (words.every((word, k) => batch.traceId[4 * row + k] === word)) {
          spans.push(spanView(batch, row));
        }
      }
    }
    spans.sort((a, b) => a.startSeconds - b.startSeconds || (a.spanId < b.spanId ? -1 : 1));
    return { traceId, spans };
  }
}

const KIND_NAMES = new Map(Object.entries(SPAN_KIND).map(([name, value]) => [value as number, name]));

function spanView(batch: SpanBatch, row: number): TraceSpanView {
  const parent = hex(batch.parentSpanId, 2 * row);
  return {
    spanId: hex(batch.spanId, 2 * row),
    parentSpanId: /^0+$/.test(parent) ? null : parent,
    service: batch.strings.text(batch.service[row]!),
    operation: batch.strings.text(batch.operation[row]!),
    kind: KIND_NAMES.get(batch.kind[row]!) ?? "unspecified",
    startSeconds: batch.startSeconds[row]!,
    durationSeconds: batch.durationSeconds[row]!,
    isError: batch.isError[row] === 1,
  };
}

function hex(words: Uint32Array, at: number): string {
  return words[at]!.toString(16).padStart(8, "0") + words[at + 1]!.toString(16).padStart(8, "0");
}

/** One row a node (its most visited operation speaks for it) and one an entry operation. */
function seriesRows(result: WindowResult): SeriesRow[] {
  const { forecast } = result.scored;
  const { topology, endSeconds } = forecast.observation;
  const rows: SeriesRow[] = [];
  const byNode = new Map<number, (typeof forecast.operations)[number]>();
  for (const operation of forecast.operations) {
    const node = topology.operations[operation.operation]!.node;
    if (operation.visitCount > (byNode.get(node)?.visitCount ?? 0)) {
      byNode.set(node, operation);
    }
  }
  const probabilities = new Map(result.scored.nodes.map((score) => [score.node, score.probability]));
  for (const node of forecast.nodes) {
    const operation = byNode.get(node.node);
    const utilization = Number.isNaN(node.utilization) ? null : node.utilization;
    const point: SeriesPoint = {
      atSeconds: endSeconds,
      ratePerSecond: node.arrivalRatePerSecond,
      observedP50Seconds: operation?.observedP50Seconds ?? null,
      observedP95Seconds: operation?.observedP95Seconds ?? null,
      predictedP50Seconds: operation === undefined ? null : finiteBand(operation.predictedP50Seconds),
      predictedP95Seconds: operation === undefined ? null : finiteBand(operation.predictedP95Seconds),
      utilization,
      probability: probabilities.get(node.node) ?? 0,
    };
    rows.push({ node: topology.nodes[node.node]!.name, operation: "", point });
    for (const each of forecast.operations) {
      const of = topology.operations[each.operation]!;
      if (of.node === node.node && of.isEntry) {
        rows.push({
          node: topology.nodes[node.node]!.name,
          operation: of.name,
          point: {
            ...point,
            ratePerSecond: each.arrivalRatePerSecond,
            observedP50Seconds: each.observedP50Seconds,
            observedP95Seconds: each.observedP95Seconds,
            predictedP50Seconds: finiteBand(each.predictedP50Seconds),
            predictedP95Seconds: finiteBand(each.predictedP95Seconds),
          },
        });
      }
    }
  }
  return rows;
}
