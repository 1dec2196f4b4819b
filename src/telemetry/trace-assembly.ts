import type { SpanBatch } from "../contracts/telemetry.ts";
import { SPAN_KIND } from "../contracts/telemetry.ts";
import type { NameRegistry } from "./name-registry.ts";
import { operationName, peerOf, resendCountOf } from "./operation-name.ts";
import { probabilityOfAttribute } from "./sampling-probability.ts";
import {
  type Identity,
  identityOf,
  RESOURCE_SLOT_COUNT,
  resourceFacts,
  SPAN_SLOT,
  SPAN_SLOT_COUNT,
  spanFacts,
} from "./semconv.ts";
import type { TraceDraft } from "./trace-draft.ts";

const MEMO_CAPACITY = 8_192;
const MEMO_SLOTS = MEMO_CAPACITY * 4;
/** A span's slots, its kind and its service. */
const KEY_LENGTH = SPAN_SLOT_COUNT + 2;

/** What naming found for one combination of slots, kind and service. */
interface Named {
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
  readonly #key = new Uint32Array(KEY_LENGTH);
  readonly #keys = new Uint32Array(MEMO_CAPACITY * KEY_LENGTH);
  readonly #slots = new Int32Array(MEMO_SLOTS).fill(-1);
  #named: Named[] = [];
  #generation = 0;

  constructor(names: NameRegistry) {
    this.#names = names;
  }

  /** Cannot fail: whatever a draft holds has a name. Counts received, rejected and overflowed spans in the ledger. */
  assemble(draft: TraceDraft): AssembledTraces {
    if (draft.generation !== this.#generation) {
      this.#generation = draft.generation;
      this.#forget();
    }
    const { columns } = draft;
    const resources = this.#resources(draft);
    for (let row = 0; row < columns.spanCount; row += 1) {
      const resource = resources[draft.resourceOfRow[row]!]!;
      if (resource.spanCount === 0) this.#number(resource);
      resource.spanCount += 1;
      const named = this.#nameOf(draft, row, columns.kind[row]!, resource.service);
      columns.service[row] = resource.service;
      columns.instance[row] = resource.instance;
      columns.version[row] = resource.version;
      columns.operation[row] = named.operation;
      columns.peerKind[row] = named.peerKind;
      columns.peer[row] = named.peer;
      columns.resendCount[row] = named.resendCount;
      // The tracestate, read with the span, says it more exactly.
      columns.samplingProbability[row] ||= probabilityOfAttribute(samplingText(draft, row));
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
    return Array.from({ length: draft.resourceCount }, (_, index) => {
      const first = index * RESOURCE_SLOT_COUNT;
      const facts = resourceFacts((slot) => draft.raw.text(draft.slotsOfResource[first + slot]!));
      return {
        identity: identityOf(facts),
        service: 0,
        instance: 0,
        version: 0,
        spanCount: 0,
        overflowCount: 0,
        rejectedCount: draft.rejectedOfResource[index]!,
      };
    });
  }

  #number(resource: Sender): void {
    resource.service = this.#names.service(resource.identity.service);
    resource.instance = this.#names.strings.intern(resource.identity.instance);
    resource.version = this.#names.strings.intern(resource.identity.version);
  }

  #nameOf(draft: TraceDraft, row: number, kind: number, service: number): Named {
    const key = this.#key;
    const first = row * SPAN_SLOT_COUNT;
    for (let slot = 0; slot < SPAN_SLOT_COUNT; slot += 1) key[slot] = draft.slotsOfRow[first + slot]!;
    forgetIrrelevant(key, kind);
    key[SPAN_SLOT_COUNT] = kind;
    key[SPAN_SLOT_COUNT + 1] = service;

    let at = hashOf(key) & (MEMO_SLOTS - 1);
    for (;;) {
      const entry = this.#slots[at]!;
      if (entry < 0) break;
      if (this.#isKey(entry)) return this.#named[entry]!;
      at = (at + 1) & (MEMO_SLOTS - 1);
    }
    if (this.#named.length >= MEMO_CAPACITY) {
      this.#forget();
      at = hashOf(key) & (MEMO_SLOTS - 1);
    }
    const entry = this.#named.length;
    const named = this.#name(draft, kind, service);
    this.#keys.set(key, entry * KEY_LENGTH);
    this.#slots[at] = entry;
    this.#named.push(named);
    return named;
  }

  #name(draft: TraceDraft, kind: number, service: number): Named {
    const facts = spanFacts((slot) => draft.raw.text(this.#key[slot]!));
    const operation = this.#names.operation(service, operationName(facts, kind));
    const peer = peerOf(facts, kind);
    const peerName = this.#names.peer(service, peer.name);
    return {
      operation: operation < 0 ? this.#names.other() : operation,
      peerKind: peer.kind,
      peer: peerName < 0 ? this.#names.other() : peerName,
      resendCount: resendCountOf(facts),
      overflowCount: operation < 0 || peerName < 0 ? 1 : 0,
    };
  }

  #isKey(entry: number): boolean {
    const first = entry * KEY_LENGTH;
    for (let i = 0; i < KEY_LENGTH; i += 1) if (this.#keys[first + i] !== this.#key[i]) return false;
    return true;
  }

  #forget(): void {
    this.#named = [];
    this.#slots.fill(-1);
  }
}

/** Clears slots that cannot change the names, so that unbounded ones (a URL beside a route) do not fill the memo. */
function forgetIrrelevant(key: Uint32Array, kind: number): void {
  key[SPAN_SLOT.samplingProbability] = 0;
  const isServer = kind === SPAN_KIND.server;
  const isClient = kind === SPAN_KIND.client;
  const hasPeer = isClient || kind === SPAN_KIND.producer || kind === SPAN_KIND.consumer;
  if (!hasPeer) {
    key[SPAN_SLOT.serverAddress] = 0;
    key[SPAN_SLOT.serverPort] = 0;
    key[SPAN_SLOT.peerService] = 0;
  }
  const hasMethod = key[SPAN_SLOT.httpMethod] !== 0;
  if (!isServer || key[SPAN_SLOT.httpRoute] !== 0) key[SPAN_SLOT.urlPath] = 0;
  const needsUrl = hasPeer
    ? key[SPAN_SLOT.serverAddress] === 0
    : isServer && hasMethod && key[SPAN_SLOT.httpRoute] === 0;
  if (!needsUrl || key[SPAN_SLOT.urlPath] !== 0) key[SPAN_SLOT.urlFull] = 0;
  const isDatabase = key[SPAN_SLOT.dbSystem] !== 0;
  const isNamedByCall = hasMethod || key[SPAN_SLOT.rpcMethod] !== 0;
  if (isNamedByCall && !isDatabase && (isServer || isClient)) key[SPAN_SLOT.name] = 0;
}

function samplingText(draft: TraceDraft, row: number): string {
  return draft.raw.text(draft.slotsOfRow[row * SPAN_SLOT_COUNT + SPAN_SLOT.samplingProbability]!);
}

function hashOf(key: Uint32Array): number {
  let hash = 0x9e3779b1;
  for (let i = 0; i < KEY_LENGTH; i += 1) {
    hash = Math.imul(hash ^ key[i]!, 0x85ebca6b);
    hash ^= hash >>> 15;
  }
  return hash;
}
