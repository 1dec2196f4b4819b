/**
 * The one place that reads attribute names. New and old OpenTelemetry conventions meet here in slots: one slot per
 * thing we want to know, filled by the first of its names that a span carries.
 * Source: OpenTelemetry semantic conventions 1.43 (http, rpc, database, messaging, service, k8s, host), what
 * they replaced (1.20 and earlier), and last OpenTracing's (`db.type`, `peer.hostname`), which Jaeger's clients wrote.
 */
const SPAN_ATTRIBUTES = {
  httpMethod: ["http.request.method", "http.method"],
  httpRoute: ["http.route"],
  urlPath: ["url.path", "http.target"],
  urlFull: ["url.full", "http.url"],
  rpcService: ["rpc.service"],
  rpcMethod: ["rpc.method"],
  rpcSystem: ["rpc.system.name", "rpc.system"],
  dbSystem: ["db.system.name", "db.system", "db.type"],
  dbNamespace: ["db.namespace", "db.name", "db.redis.database_index", "db.instance"],
  dbOperation: ["db.operation.name", "db.operation"],
  dbCollection: ["db.collection.name", "db.sql.table", "db.mongodb.collection", "db.cassandra.table"],
  dbSummary: ["db.query.summary"],
  dbQuery: ["db.query.text", "db.statement"],
  messagingSystem: ["messaging.system.name", "messaging.system"],
  messagingDestination: [
    "messaging.destination.template",
    "messaging.destination.name",
    "messaging.destination",
    "messaging.destination_publish.name",
    "message_bus.destination",
  ],
  messagingTemporary: [
    "messaging.destination.temporary",
    "messaging.destination.anonymous",
    "messaging.temp_destination",
  ],
  messagingOperation: ["messaging.operation.name", "messaging.operation.type", "messaging.operation"],
  serverAddress: [
    "server.address",
    "net.peer.name",
    "net.sock.peer.name",
    "network.peer.address",
    "net.peer.ip",
    "net.sock.peer.addr",
    "http.host",
    "peer.hostname",
    "peer.ipv4",
    "peer.ipv6",
    "peer.address",
  ],
  serverPort: ["server.port", "net.peer.port", "network.peer.port", "net.sock.peer.port", "peer.port"],
  peerService: ["service.peer.name", "peer.service"],
  resendCount: ["http.request.resend_count", "http.resend_count"],
  samplingProbability: ["sampling.probability"],
} as const;

const RESOURCE_ATTRIBUTES = {
  serviceName: ["service.name"],
  serviceNamespace: ["service.namespace"],
  serviceInstance: ["service.instance.id", "client-uuid"],
  serviceVersion: ["service.version"],
  podTemplate: ["k8s.pod.label.pod-template-hash", "k8s.pod.labels.pod-template-hash", "k8s.replicaset.name"],
  podName: ["k8s.pod.name"],
  hostName: ["host.name", "hostname"],
  processId: ["process.pid"],
} as const;

/** What OTLP has fields for and Jaeger and Zipkin say in tags. */
const FIELD_TAGS = {
  kind: ["span.kind"],
  error: ["error"],
  statusCode: ["otel.status_code"],
  httpStatus: ["http.response.status_code", "http.status_code"],
  tracestate: ["w3c.tracestate"],
} as const;

/** The service of a resource that does not name itself: the name the OpenTelemetry SDKs use. */
export const UNKNOWN_SERVICE = "unknown_service";

type SpanFact = keyof typeof SPAN_ATTRIBUTES;
type ResourceFact = keyof typeof RESOURCE_ATTRIBUTES;

/** What a span says of itself, "" where it is silent. `name` is the span's own name. */
export type SpanFacts = Readonly<Record<SpanFact | "name", string>>;
export type ResourceFacts = Readonly<Record<ResourceFact, string>>;

const SPAN_FACTS = Object.keys(SPAN_ATTRIBUTES) as SpanFact[];

/** Slot numbers of a span's row of raw text ids. */
export const SPAN_SLOT = Object.fromEntries([...SPAN_FACTS, "name"].map((fact, slot) => [fact, slot])) as Readonly<
  Record<SpanFact | "name", number>
>;
export const SPAN_SLOT_COUNT = SPAN_FACTS.length + 1;

/** Slot numbers of a row of raw text ids that holds what `FIELD_KEYS` finds. */
export const FIELD_SLOT = slotNumbers(FIELD_TAGS);
export const FIELD_SLOT_COUNT = Object.keys(FIELD_TAGS).length;

/** Slot numbers of a resource's row of raw text ids. */
export const RESOURCE_SLOT = slotNumbers(RESOURCE_ATTRIBUTES);

const RESOURCE_FACTS = Object.keys(RESOURCE_ATTRIBUTES) as ResourceFact[];
export const RESOURCE_SLOT_COUNT = RESOURCE_FACTS.length;

/** One attribute name that fills a slot; of several for one slot the lowest rank wins. */
export interface AttributeKey {
  readonly name: string;
  readonly slot: number;
  readonly rank: number;
  /** Only the first word of the value is kept (`select` of a statement): the rest has no bound. */
  readonly isFirstWordOnly: boolean;
}

/** A name of at least four bytes as words, the last of them its last four bytes. */
interface NameWords {
  readonly key: AttributeKey;
  readonly place: number;
  readonly length: number;
  readonly words: Int32Array;
}

const PLACE_BITS = 9;

/** Finds a known attribute by its name, given as bytes or as a string. */
export class KeyTable {
  readonly slotCount: number;
  /** Known names by place, those of one place one behind the other; what is not there is unknown at a glance. */
  readonly #firstAt = new Uint8Array(1 << PLACE_BITS);
  readonly #names: readonly NameWords[];
  readonly #byText: ReadonlyMap<string, AttributeKey>;
  readonly #byLength: readonly (readonly { readonly bytes: Uint8Array; readonly key: AttributeKey }[] | undefined)[];

  constructor(attributes: Readonly<Record<string, readonly string[]>>, slotCount: number) {
    const keys = Object.entries(attributes).flatMap(([fact, names], slot) =>
      names.map((name, rank): AttributeKey => ({ name, slot, rank, isFirstWordOnly: fact === "dbQuery" })),
    );
    this.slotCount = slotCount;
    this.#byText = new Map(keys.map((key) => [key.name, key]));
    const byLength: { bytes: Uint8Array; key: AttributeKey }[][] = [];
    for (const key of keys) {
      const bytes = new TextEncoder().encode(key.name);
      const sameLength = byLength[bytes.length] ?? [];
      sameLength.push({ bytes, key });
      byLength[bytes.length] = sameLength;
    }
    this.#byLength = Array.from({ length: 64 }, (_, length) => byLength[length]);
    const names = keys.filter(({ name }) => name.length >= 4).map(nameWords);
    this.#names = [...names].sort((a, b) => a.place - b.place);
    // Counted from one, so that 0 says "none".
    for (let i = names.length - 1; i >= 0; i -= 1) this.#firstAt[this.#names[i]!.place] = i + 1;
  }

  /** The attribute whose name is the bytes `[start, start + length)` of the view, if it is known and has four bytes or more. */
  find(view: DataView, start: number, length: number): AttributeKey | undefined {
    if (length < 4) return undefined;
    const ending = view.getInt32(start + length - 4, true);
    const place = placeOf(ending, length);
    let at = this.#firstAt[place]!;
    if (at === 0) return undefined;
    for (let name = this.#names[at - 1]; name !== undefined && name.place === place; name = this.#names[at++]) {
      if (name.length === length && isName(view, start, name.words, ending)) return name.key;
    }
    return undefined;
  }

  ofText(name: string): AttributeKey | undefined {
    return this.#byText.get(name);
  }

  ofBytes(bytes: Uint8Array, start: number, end: number): AttributeKey | undefined {
    const length = end - start;
    const candidates = length < 64 ? this.#byLength[length] : undefined;
    if (candidates === undefined) return undefined;
    search: for (const candidate of candidates) {
      const name = candidate.bytes;
      // From the back: names share their beginnings.
      for (let i = length - 1; i >= 0; i -= 1) if (name[i] !== bytes[start + i]) continue search;
      return candidate.key;
    }
    return undefined;
  }
}

function nameWords(key: AttributeKey): NameWords {
  const bytes = new TextEncoder().encode(key.name);
  const view = new DataView(bytes.buffer);
  const whole = (bytes.length - 1) >> 2;
  const words = Int32Array.from({ length: whole + 1 }, (_, word) =>
    view.getInt32(word < whole ? 4 * word : bytes.length - 4, true),
  );
  return { key, place: placeOf(words.at(-1)!, bytes.length), length: bytes.length, words };
}

function isName(view: DataView, start: number, words: Int32Array, ending: number): boolean {
  const last = words.length - 1;
  if (words[last] !== ending) return false;
  for (let word = 0; word < last; word += 1) if (words[word] !== view.getInt32(start + 4 * word, true)) return false;
  return true;
}

function placeOf(ending: number, length: number): number {
  return Math.imul(ending ^ length, 0x9e3779b1) >>> (32 - PLACE_BITS);
}

export const SPAN_KEYS = new KeyTable(SPAN_ATTRIBUTES, SPAN_SLOT_COUNT);
export const RESOURCE_KEYS = new KeyTable(RESOURCE_ATTRIBUTES, RESOURCE_SLOT_COUNT);
export const FIELD_KEYS = new KeyTable(FIELD_TAGS, FIELD_SLOT_COUNT);

function slotNumbers<Fact extends string>(attributes: Readonly<Record<Fact, readonly string[]>>) {
  return Object.fromEntries(Object.keys(attributes).map((fact, slot) => [fact, slot])) as Readonly<
    Record<Fact, number>
  >;
}

/** The facts behind a row of slots; `text(slot)` gives the text of one. */
export function spanFacts(text: (slot: number) => string): SpanFacts {
  const facts: Record<string, string> = { name: text(SPAN_SLOT.name) };
  for (let slot = 0; slot < SPAN_FACTS.length; slot += 1) facts[SPAN_FACTS[slot]!] = text(slot);
  return facts as SpanFacts;
}

export function resourceFacts(text: (slot: number) => string): ResourceFacts {
  return Object.fromEntries(RESOURCE_FACTS.map((fact, slot) => [fact, text(slot)])) as ResourceFacts;
}

/** Who sent it. */
export interface Identity {
  readonly service: string;
  readonly instance: string;
  /** `service.version`, with what its pod was made from where that is told: `1.4.2+6d4cf56db6`; "" when unknown. */
  readonly version: string;
}

/** `service.namespace/service.name`, and the best name there is for the running copy of it. */
export function identityOf(facts: ResourceFacts): Identity {
  const name = facts.serviceName || UNKNOWN_SERVICE;
  const service = facts.serviceNamespace ? `${facts.serviceNamespace}/${name}` : name;
  const host = facts.hostName && facts.processId ? `${facts.hostName}:${facts.processId}` : facts.hostName;
  return {
    service,
    instance: facts.serviceInstance || facts.podName || host || service,
    version: [facts.serviceVersion, facts.podTemplate].filter(Boolean).join("+"),
  };
}
