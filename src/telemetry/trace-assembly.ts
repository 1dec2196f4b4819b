import type { SpanBatch } from "../contracts/telemetry.ts";
import type { NameRegistry } from "./name-registry.ts";
import { operationName, peerOf, resendCountOf } from "./operation-name.ts";
import { type Identity, spanFacts } from "./semconv.ts";
import type { TraceDraft } from "./trace-draft.ts";

/** What naming found for one signature and service. */
interface Named {
  readonly service: number;
  readonly operation: number;
  readonly peerKind: number;
  readonly peer: number;
  readonly resendCount: number;
  /** How many of its names fell to the cap: counted for every span that has it. */
  readonly overflowCount: number;
}

/** One resource of a body on its way into numbers. */
interface Sender {
  readonly identity: Identity;
  readonly rejectedCount: number;
  service: number;
  instance: number;
  version: number;
  spanCount: number;
  overflowCount: number;
}

export interface AssembledTraces {
  readonly spans: SpanBatch;
  readonly rejectedSpans: number;
}

/**
 * Turns a finished draft into a batch: resources into identities, slots into operations and peers. Every name is
 * interned in the order of the spans, so equal bodies give equal numbers whatever encoding they came in.
 */
export class TraceAssembler {
  readonly #names: NameRegistry;
  /** By signature: one for each service that has it, which is one nearly always. */
  #named: Named[][] = [];
  #generation = 0;

  constructor(names: NameRegistry) {
    this.#names = names;
  }

  /** Cannot fail: whatever a draft holds has a name. Counts received, rejected and overflowed spans in the ledger. */
  assemble(draft: TraceDraft): AssembledTraces {
    if (draft.signatures.generation !== this.#generation) {
      this.#generation = draft.signatures.generation;
      this.#named = [];
    }
    const { columns } = draft;
    const resources = this.#resources(draft);
    for (let row = 0; row < columns.spanCount; row += 1) {
      const resource = resources[draft.resourceOfRow[row]!]!;
      if (resource.spanCount === 0) this.#number(resource);
      resource.spanCount += 1;
      const named = this.#nameOf(draft, row, resource.service);
      columns.service[row] = resource.service;
      columns.instance[row] = resource.instance;
      columns.version[row] = resource.version;
      columns.operation[row] = named.operation;
      columns.peerKind[row] = named.peerKind;
      columns.peer[row] = named.peer;
      columns.resendCount[row] = named.resendCount;
      resource.overflowCount += named.overflowCount;
    }
    let rejectedSpans = 0;
    for (const resource of resources) {
      const service = resource.spanCount > 0 ? this.#names.strings.text(resource.service) : resource.identity.service;
      this.#names.ledger.received(service, resource.spanCount + resource.rejectedCount);
      this.#names.ledger.lost(service, "malformed", resource.rejectedCount);
      this.#names.ledger.lost(service, "name-overflow", resource.overflowCount);
      rejectedSpans += resource.rejectedCount;
    }
    return { spans: columns.build(), rejectedSpans };
  }

  #resources(draft: TraceDraft): Sender[] {
    return draft.identities.map((identity, index) => ({
      identity,
      service: 0,
      instance: 0,
      version: 0,
      spanCount: 0,
      overflowCount: 0,
      rejectedCount: draft.rejectedOfResource[index]!,
    }));
  }

  #number(resource: Sender): void {
    resource.service = this.#names.service(resource.identity.service);
    resource.instance = this.#names.strings.intern(resource.identity.instance);
    resource.version = this.#names.strings.intern(resource.identity.version);
  }

  #nameOf(draft: TraceDraft, row: number, service: number): Named {
    const signature = draft.signatureOfRow[row]!;
    const ofSignature = this.#named[signature];
    if (ofSignature === undefined) {
      const named = this.#name(draft, row, service);
      this.#named[signature] = [named];
      return named;
    }
    if (ofSignature[0]!.service === service) return ofSignature[0]!;
    // The one found stands first from now on: spans of a service come together.
    const found = ofSignature.findIndex((named) => named.service === service);
    const named = found < 0 ? this.#name(draft, row, service) : ofSignature[found]!;
    if (found < 0) ofSignature.push(ofSignature[0]!);
    else ofSignature[found] = ofSignature[0]!;
    ofSignature[0] = named;
    return named;
  }

  #name(draft: TraceDraft, row: number, service: number): Named {
    const kind = draft.columns.kind[row]!;
    const signature = draft.signatureOfRow[row]!;
    const facts = spanFacts((slot) => draft.signatures.text(signature, slot));
    const operation = this.#names.operation(service, operationName(facts, kind));
    const peer = peerOf(facts, kind);
    const peerName = this.#names.peer(service, peer.name);
    return {
      service,
      operation: operation < 0 ? this.#names.other() : operation,
      peerKind: peer.kind,
      peer: peerName < 0 ? this.#names.other() : peerName,
      resendCount: resendCountOf(facts),
      overflowCount: operation < 0 || peerName < 0 ? 1 : 0,
    };
  }
}
