import { SPAN_KIND } from "../contracts/telemetry.ts";
import { RESOURCE_SLOT, RESOURCE_SLOT_COUNT } from "./semconv.ts";
import type { TraceDraft } from "./trace-draft.ts";

/** Any constant will do: exclusive or with it makes different ids of different ids. */
const SERVER_MARK = 0x5e12_ad3b;

/**
 * In B3 propagation (Zipkin, and Jaeger when it received Zipkin's spans) the two sides of a call may share one span id. This
 * gives the server's side an id of its own, made from the shared one so that it is the same in every body, with the
 * client's side as its parent, and hangs the server's children in the same body under it.
 *
 * A row is a server's side when `isShared` says so, or when a CLIENT row of the body has its id.
 */
export function separateSharedIds(draft: TraceDraft, isShared: (row: number) => boolean): void {
  const { columns } = draft;
  const { kind, spanId, parentSpanId } = columns;
  const clientIds = new Set<string>();
  const servers: number[] = [];
  for (let row = 0; row < columns.spanCount; row += 1) {
    if (kind[row] === SPAN_KIND.client) clientIds.add(spanKey(draft, row, spanId));
    else if (kind[row] === SPAN_KIND.server) servers.push(row);
  }
  const shared = servers.filter((row) => isShared(row) || clientIds.has(spanKey(draft, row, spanId)));
  if (shared.length === 0) return;
  const placesOfServers = new Set(shared.map((row) => placeKey(draft, row, spanId)));
  for (let row = 0; row < columns.spanCount; row += 1) {
    if (placesOfServers.has(placeKey(draft, row, parentSpanId))) mark(parentSpanId, row);
  }
  for (const row of shared) {
    parentSpanId[row * 2] = spanId[row * 2]!;
    parentSpanId[row * 2 + 1] = spanId[row * 2 + 1]!;
    mark(spanId, row);
  }
}

function mark(ids: Uint32Array, row: number): void {
  ids[row * 2] = ids[row * 2]! ^ SERVER_MARK;
  // No id is all zeros.
  if (ids[row * 2] === 0 && ids[row * 2 + 1] === 0) ids[row * 2] = SERVER_MARK;
}

function spanKey({ columns }: TraceDraft, row: number, ids: Uint32Array): string {
  const { traceId } = columns;
  const trace = `${traceId[row * 4]} ${traceId[row * 4 + 1]} ${traceId[row * 4 + 2]} ${traceId[row * 4 + 3]}`;
  return `${trace} ${ids[row * 2]} ${ids[row * 2 + 1]}`;
}

/** The same id means another span in another service. */
function placeKey(draft: TraceDraft, row: number, ids: Uint32Array): string {
  const resource = draft.resourceOfRow[row]!;
  const service = draft.slotsOfResource[resource * RESOURCE_SLOT_COUNT + RESOURCE_SLOT.serviceName]!;
  return `${spanKey(draft, row, ids)} ${service}`;
}
