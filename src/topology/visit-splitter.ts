import { SPAN_KIND } from "../contracts/telemetry.ts";
import type { Fragment } from "./fragments.ts";
import type { TopologyRegistry } from "./registry.ts";
import type { TraceSpans } from "./trace-spans.ts";

/** A visit while its fragment is taken apart. */
export interface OpenVisit {
  readonly span: number;
  readonly operation: number;
  readonly calls: OpenCall[];
}

/** A call a visit made. */
export interface OpenCall {
  readonly span: number;
  /** Span of the callee's visit, −1 when none was seen. */
  callee: number;
}

/** Says which spans of a fragment are visits, which are their calls, and which callee answered which call. */
export class VisitSplitter {
  readonly #registry: TopologyRegistry;
  /** Scratch, by span: the visit it belongs to (its top span), and the call it is part of. */
  #visitOf: number[] = [];
  #callOf: number[] = [];

  constructor(registry: TopologyRegistry) {
    this.#registry = registry;
  }

  /** A span begins a visit when it serves somebody: SERVER, CONSUMER, no known parent, or a parent that ran elsewhere. */
  #beginsVisit(spans: TraceSpans, i: number, fragment: Fragment): boolean {
    const parent = spans.parent[i]!;
    if (i === fragment.top || parent < 0) {
      return true;
    }
    if (spans.instance(parent) !== spans.instance(i)) {
      return true;
    }
    return spans.kind[i] === SPAN_KIND.server && spans.kind[parent] === SPAN_KIND.client;
  }

  /** The visits of a fragment by their first span, each with its calls and whom they reached. */
  split(spans: TraceSpans, fragment: Fragment): Map<number, OpenVisit> {
    const visits = new Map<number, OpenVisit>();
    const visitOf = this.#visitOf;
    const callOf = this.#callOf;
    for (const i of fragment.spans) {
      visitOf[i] = -1;
      callOf[i] = -1;
    }
    for (const i of fragment.spans) {
      this.#placeInVisit(spans, i, fragment);
      if (visitOf[i] === i) {
        const node = this.#registry.node(spans.service(i), "service");
        visits.set(i, { span: i, operation: this.#registry.operation(node, spans.operation(i)), calls: [] });
      }
    }
    for (const i of fragment.spans) {
      // The outermost CLIENT or PRODUCER of a visit is the call; what lies below it in the same visit is its detail.
      if (visitOf[i] !== i && this.#isOutermostCall(spans, i)) {
        callOf[i] = i;
        visits.get(visitOf[i]!)!.calls.push({ span: i, callee: -1 });
      }
    }
    for (const visit of visits.values()) {
      this.#attachToCaller(spans, visit, visits);
    }
    return visits;
  }

  #placeInVisit(spans: TraceSpans, i: number, fragment: Fragment): number {
    const known = this.#visitOf[i]!;
    if (known >= 0) {
      return known;
    }
    const top = this.#beginsVisit(spans, i, fragment) ? i : this.#placeInVisit(spans, spans.parent[i]!, fragment);
    this.#visitOf[i] = top;
    return top;
  }

  #isOutermostCall(spans: TraceSpans, i: number): boolean {
    if (!isCallKind(spans.kind[i]!)) {
      return false;
    }
    const visit = this.#visitOf[i]!;
    for (let k = spans.parent[i]!; k >= 0 && k !== visit; k = spans.parent[k]!) {
      if (isCallKind(spans.kind[k]!)) {
        return false;
      }
    }
    return true;
  }

  #attachToCaller(spans: TraceSpans, visit: OpenVisit, visits: Map<number, OpenVisit>): void {
    const parent = spans.parent[visit.span]!;
    const callerTop = parent >= 0 ? this.#visitOf[parent]! : -1;
    const caller = visits.get(callerTop);
    if (caller === undefined || spans.kind[visit.span] === SPAN_KIND.consumer) {
      return;
    }
    let k = parent;
    while (k !== callerTop && this.#callOf[k] !== k) {
      k = spans.parent[k]!;
    }
    const call = caller.calls.find((candidate) => candidate.span === k && candidate.callee < 0);
    if (call !== undefined) {
      call.callee = visit.span;
    } else {
      // No CLIENT span around it: the callee's own interval stands for the call.
      caller.calls.push({ span: visit.span, callee: visit.span });
    }
  }
}

function isCallKind(kind: number): boolean {
  return kind === SPAN_KIND.client || kind === SPAN_KIND.producer;
}
