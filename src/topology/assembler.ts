import type { NodeKind } from "../contracts/observation.ts";
import { type Ledger, SPAN_KIND } from "../contracts/telemetry.ts";
import { groupCalls, type VisitCall } from "./call-groups.ts";
import { CalleeMemory } from "./callee-memory.ts";
import { ClockSkew } from "./clock-skew.ts";
import { countLosses, type Fragment } from "./fragments.ts";
import { type PendingSend, PendingSends } from "./pending-sends.ts";
import type { TopologyRegistry } from "./registry.ts";
import { intervalOf, isPiece, leafKind } from "./span-roles.ts";
import type { TraceSpans } from "./trace-spans.ts";
import { type OpenCall, type OpenVisit, VisitSplitter } from "./visit-splitter.ts";
import type { CallRow, VisitRow } from "./window-builder.ts";

/** A call that ends this much later than its visit, absolutely (clock grain) and relative to it, was not waited for. */
const ASYNC_OVERHANG_SECONDS = 0.002;
const ASYNC_OVERHANG_SHARE = 0.02;

export interface FragmentRows {
  readonly visits: VisitRow[];
  /** Visit rows are numbered within the fragment. */
  readonly calls: CallRow[];
}

/** Turns the spans of a trace into visits and calls, and learns names and edges on the way. */
export class Assembler {
  readonly #registry: TopologyRegistry;
  readonly #ledger: Ledger;
  readonly #splitter: VisitSplitter;
  readonly #callees = new CalleeMemory();
  readonly #sends = new PendingSends({ limit: 100_000, keepSeconds: 900 });
  readonly #clocks = new ClockSkew();
  readonly #defaultWeight: number;

  /** @param samplingProbability of traces that do not say with which probability they were kept */
  constructor(registry: TopologyRegistry, ledger: Ledger, samplingProbability = 1) {
    this.#registry = registry;
    this.#ledger = ledger;
    this.#defaultWeight = 1 / samplingProbability;
    this.#splitter = new VisitSplitter(registry);
  }

  forgetBefore(eventTimeSeconds: number): void {
    this.#sends.forgetBefore(eventTimeSeconds);
  }

  /** Takes in what the calls since the last time told of the instances' clocks. */
  readClocks(): void {
    this.#clocks.solve();
  }

  /** Remembers every message sent, so that its consumer finds it even when it is done before the sender's trace is. */
  rememberSends(spans: TraceSpans): void {
    for (let i = 0; i < spans.count; i++) {
      if (spans.kind[i] === SPAN_KIND.producer) {
        const queueOperation = this.#leafOperation(spans, i, "queue");
        const sender = { service: spans.service(i), instance: spans.instanceName(i), version: spans.version(i) };
        this.#sends.put(spans.spanKey(i), { sentSeconds: spans.end[i]!, sender, queueOperation });
      }
    }
  }

  assemble(spans: TraceSpans, fragment: Fragment): FragmentRows {
    countLosses(spans, fragment, this.#ledger);
    const visits = this.#splitter.split(spans, fragment);
    const rows: FragmentRows = { visits: [], calls: [] };
    const rowOfSpan = new Map<number, number>();
    for (const visit of visits.values()) {
      rowOfSpan.set(visit.span, rowOfSpan.size);
    }
    for (const visit of visits.values()) {
      rows.visits.push(this.#visitRow(spans, visit, visits, fragment));
    }
    for (const visit of visits.values()) {
      this.#addCalls(spans, visit, rowOfSpan, rows, visits);
    }
    return rows;
  }

  /** Learns names, callers and callees from a fragment that nobody looks at visit by visit; a third of the work of `assemble`. */
  note(spans: TraceSpans, fragment: Fragment): void {
    countLosses(spans, fragment, this.#ledger);
    const visits = this.#splitter.split(spans, fragment);
    for (const visit of visits.values()) {
      this.#isRoot(spans, visit, fragment, this.#sendOf(spans, visit));
      this.#instance(spans, visit);
      for (const call of visit.calls) {
        this.#edge(spans, visit, call, visits);
      }
    }
  }

  snapshot() {
    return { callees: this.#callees.snapshot(), sends: this.#sends.snapshot(), clocks: this.#clocks.snapshot() };
  }

  restore({ callees, sends, clocks }: ReturnType<Assembler["snapshot"]>): void {
    this.#callees.restore(callees);
    this.#sends.restore(sends);
    this.#clocks.restore(clocks);
  }

  #visitRow(spans: TraceSpans, visit: OpenVisit, visits: Map<number, OpenVisit>, fragment: Fragment): VisitRow {
    const top = visit.span;
    const registry = this.#registry;
    const send = this.#sendOf(spans, visit);
    const isRoot = this.#isRoot(spans, visit, fragment, send);
    const start = spans.start[top]!;
    const durationSeconds = spans.end[top]! - start;
    visit.calls.sort((a, b) => spans.start[a.span]! - spans.start[b.span]!);
    const calls: VisitCall[] = [];
    for (const call of visit.calls) {
      const edge = this.#edge(spans, visit, call, visits);
      if (edge >= 0) {
        const startSeconds = spans.start[call.span]! - start;
        const endSeconds = spans.end[call.span]! - start;
        calls.push({ startSeconds, endSeconds, edge, isAsync: registry.edges[edge]!.isAsync });
      }
    }
    const grouped = groupCalls(calls, durationSeconds);
    const instance = this.#instance(spans, visit);
    let lagSeconds = 0;
    if (send !== undefined) {
      registry.edge(send.queueOperation, visit.operation, true);
      lagSeconds = Math.max(0, start - this.#sentSeconds(send, instance));
    }
    return {
      operation: visit.operation,
      instance,
      arrivalSeconds: start - lagSeconds,
      sojournSeconds: durationSeconds + lagSeconds,
      lagSeconds,
      selfSeconds: grouped.selfSeconds,
      program: registry.program(visit.operation, grouped.groups),
      isError: spans.isError(top),
      isRoot,
      isPartial: isPiece(spans, top),
      weight: spans.weight(top, this.#defaultWeight),
      segments: grouped.segments,
      groupSeconds: grouped.groupSeconds,
    };
  }

  /** The message that a consumer's visit answers. */
  #sendOf(spans: TraceSpans, { span }: OpenVisit): PendingSend | undefined {
    return spans.kind[span] === SPAN_KIND.consumer ? this.#findSend(spans, span) : undefined;
  }

  /** Whether nobody visible called it; its operation is then an entry. */
  #isRoot(spans: TraceSpans, visit: OpenVisit, fragment: Fragment, send: PendingSend | undefined): boolean {
    const { span, operation } = visit;
    const isRoot = span === fragment.top && send === undefined;
    // A fragment whose caller was lost is no entry, unless nobody visible ever calls it.
    if (isRoot && (!spans.hasParentId[span]! || !this.#registry.hasCaller(operation))) {
      this.#registry.operations[operation]!.isEntry = true;
    }
    return isRoot;
  }

  #instance(spans: TraceSpans, { span, operation }: OpenVisit): number {
    const { node } = this.#registry.operations[operation]!;
    return this.#registry.instance(node, spans.instanceName(span), spans.version(span));
  }

  /** When the message was sent, by the clock of the instance that received it. */
  #sentSeconds({ sentSeconds, sender }: PendingSend, receiver: number): number {
    const instance = this.#registry.knownInstance(sender.service, sender.instance, sender.version);
    return instance < 0 ? sentSeconds : this.#clocks.translate(sentSeconds, instance, receiver);
  }

  #findSend(spans: TraceSpans, top: number): PendingSend | undefined {
    const batch = spans.batch[top]!;
    const row = spans.row[top]!;
    const parentKey = `${batch.parentSpanId[2 * row]!} ${batch.parentSpanId[2 * row + 1]!}`;
    const byParent = this.#sends.find(parentKey);
    if (byParent !== undefined) {
      return byParent;
    }
    const from = batch.linkStart[row]!;
    const to = batch.linkStart[row + 1]!;
    for (let link = from; link < to; link++) {
      const send = this.#sends.find(`${batch.linkSpanId[2 * link]!} ${batch.linkSpanId[2 * link + 1]!}`);
      if (send !== undefined) {
        return send;
      }
    }
    return undefined;
  }

  /** Edge of a call, or −1 when nothing is known of where it went. */
  #edge(spans: TraceSpans, visit: OpenVisit, call: OpenCall, visits: Map<number, OpenVisit>): number {
    const target = this.#target(spans, visit, call, visits);
    if (target < 0) {
      return -1;
    }
    const visitEnd = spans.end[visit.span]!;
    const overhang = Math.max(ASYNC_OVERHANG_SECONDS, ASYNC_OVERHANG_SHARE * (visitEnd - spans.start[visit.span]!));
    const isAsync = spans.end[call.span]! > visitEnd + overhang;
    return this.#registry.edge(visit.operation, target, isAsync);
  }

  #target(spans: TraceSpans, visit: OpenVisit, call: OpenCall, visits: Map<number, OpenVisit>): number {
    const span = call.span;
    if (call.callee >= 0) {
      const callee = visits.get(call.callee)!.operation;
      if (span !== call.callee) {
        this.#callees.learn(visit.operation, spans.operation(span), spans.peer(span), callee);
      }
      return callee;
    }
    const peer = spans.peer(span);
    const kind = leafKind(spans.peerKind(span), spans.kind[span]!);
    if (kind === "external") {
      const usual = this.#callees.find(visit.operation, spans.operation(span), peer);
      if (usual >= 0) {
        return usual;
      }
    }
    if (peer === "" && kind === "external") {
      return -1;
    }
    return this.#leafOperation(spans, span, kind);
  }

  #leafOperation(spans: TraceSpans, span: number, kind: NodeKind): number {
    const peer = spans.peer(span);
    const node = this.#registry.node(peer === "" ? spans.operation(span) : peer, kind);
    return this.#registry.operation(node, spans.operation(span));
  }

  #addCalls(
    spans: TraceSpans,
    visit: OpenVisit,
    rowOfSpan: Map<number, number>,
    rows: FragmentRows,
    visits: Map<number, OpenVisit>,
  ): void {
    const caller = rowOfSpan.get(visit.span)!;
    const { instance } = rows.visits[caller]!;
    for (const call of visit.calls) {
      const edge = this.#edge(spans, visit, call, visits);
      if (edge < 0) {
        continue;
      }
      const target = this.#registry.edges[edge]!.calleeOperation;
      const durationSeconds = spans.end[call.span]! - spans.start[call.span]!;
      let calleeVisit = rowOfSpan.get(call.callee) ?? -1;
      let gapSeconds = Number.NaN;
      if (call.callee >= 0) {
        gapSeconds = durationSeconds - (spans.end[call.callee]! - spans.start[call.callee]!);
        if (call.callee !== call.span) {
          const callee = rows.visits[calleeVisit]!.instance;
          this.#clocks.observe(instance, callee, intervalOf(spans, call.span), intervalOf(spans, call.callee));
        }
      } else if (this.#registry.nodes[this.#registry.operations[target]!.node]!.kind === "service") {
        this.#ledger.lost(spans.service(call.span), "missing-callee", 1);
      } else {
        calleeVisit = rows.visits.length;
        rows.visits.push(this.#leafVisit(spans, call.span, target, instance));
      }
      rows.calls.push({
        edge,
        callerVisit: caller,
        calleeVisit,
        durationSeconds,
        gapSeconds,
        isError: spans.isError(call.span),
        resendCount: spans.resendCount(call.span),
      });
    }
  }

  /** The visit a leaf station had, seen from its caller only; all of them by the mean clock, so that they can be compared. */
  #leafVisit(spans: TraceSpans, span: number, operation: number, caller: number): VisitRow {
    const registry = this.#registry;
    const node = registry.nodes[registry.operations[operation]!.node]!;
    const durationSeconds = spans.end[span]! - spans.start[span]!;
    return {
      operation,
      instance: registry.instance(node.index, node.name),
      arrivalSeconds: spans.start[span]! - this.#clocks.offsetSeconds(caller),
      sojournSeconds: durationSeconds,
      lagSeconds: 0,
      selfSeconds: durationSeconds,
      program: registry.program(operation, []),
      isError: spans.isError(span),
      isRoot: false,
      weight: spans.weight(span, this.#defaultWeight),
      segments: [durationSeconds],
      groupSeconds: [],
    };
  }
}
