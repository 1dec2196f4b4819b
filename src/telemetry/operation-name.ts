import { PEER_KIND, SPAN_KIND } from "../contracts/telemetry.ts";
import { firstWord, pathWithoutIds, withoutIds } from "./id-stripping.ts";
import type { SpanFacts } from "./semconv.ts";

/** A CLIENT or PRODUCER/CONSUMER span's other side. */
export interface Peer {
  /** `PEER_KIND`. */
  readonly kind: number;
  /** "" when the span does not say. */
  readonly name: string;
}

const NO_PEER: Peer = { kind: PEER_KIND.none, name: "" };

/** Stores that answer from memory: a miss there is not a fault. */
const CACHE_SYSTEMS = new Set(["redis", "memcached", "valkey", "keydb", "dragonfly", "hazelcast", "aws.elasticache"]);

/**
 * What the span does, in words that do not grow with the traffic: `GET /cart/{id}`, `SELECT products`, `process orders`.
 * The first convention it carries decides: messaging, database, RPC, HTTP; else the span's name without ids.
 */
export function operationName(facts: SpanFacts, kind: number): string {
  if (facts.messagingSystem) return messagingOperation(facts, kind);
  if (facts.dbSystem) return databaseOperation(facts);
  if (facts.rpcMethod) return facts.rpcService ? `${facts.rpcService}/${facts.rpcMethod}` : facts.rpcMethod;
  const isServer = kind === SPAN_KIND.server || (kind === SPAN_KIND.unspecified && facts.httpRoute !== "");
  if (facts.httpMethod && isServer) return serverRequest(facts);
  if (facts.httpMethod && kind === SPAN_KIND.client) return clientRequest(facts);
  return withoutIds(facts.name);
}

/** Who a span talks to, for the kinds that talk to somebody. */
export function peerOf(facts: SpanFacts, kind: number): Peer {
  const isMessaging = kind === SPAN_KIND.producer || kind === SPAN_KIND.consumer;
  if (kind !== SPAN_KIND.client && !isMessaging) return NO_PEER;
  if (facts.messagingSystem || isMessaging) return { kind: PEER_KIND.messaging, name: destination(facts) };
  if (facts.dbSystem) return databasePeer(facts);
  const name = facts.peerService || serverOf(facts);
  const isCall = name !== "" || facts.httpMethod !== "" || facts.rpcMethod !== "" || facts.rpcSystem !== "";
  return isCall ? { kind: PEER_KIND.external, name } : NO_PEER;
}

/** How often the request had been sent before, 0 to 255. */
export function resendCountOf(facts: SpanFacts): number {
  const count = Number(facts.resendCount);
  return count > 0 ? Math.min(255, Math.trunc(count)) : 0;
}

function serverRequest(facts: SpanFacts): string {
  const path =
    facts.httpRoute || (facts.urlPath || facts.urlFull ? pathWithoutIds(facts.urlPath || facts.urlFull) : "");
  return joined(httpMethod(facts), path);
}

function clientRequest(facts: SpanFacts): string {
  return joined(httpMethod(facts), serverOf(facts) || facts.peerService);
}

function httpMethod(facts: SpanFacts): string {
  return facts.httpMethod === "_OTHER" ? "HTTP" : facts.httpMethod;
}

function databaseOperation(facts: SpanFacts): string {
  if (facts.dbOperation) return joined(facts.dbOperation, facts.dbCollection);
  if (facts.dbSummary) return withoutIds(facts.dbSummary);
  const verb = firstWord(facts.dbQuery).toUpperCase();
  if (verb) return joined(verb, facts.dbCollection);
  return withoutIds(facts.name) || facts.dbSystem;
}

function databasePeer(facts: SpanFacts): Peer {
  const system = facts.dbSystem;
  const kind = CACHE_SYSTEMS.has(system) ? PEER_KIND.cache : PEER_KIND.database;
  if (facts.dbNamespace) return { kind, name: `${system}/${facts.dbNamespace}` };
  return { kind, name: joined(system, serverOf(facts)) };
}

function messagingOperation(facts: SpanFacts, kind: number): string {
  const byKind = kind === SPAN_KIND.producer ? "send" : "process";
  return joined(facts.messagingOperation || byKind, destinationName(facts));
}

function destination(facts: SpanFacts): string {
  const name = destinationName(facts);
  if (facts.messagingSystem) return name ? `${facts.messagingSystem}/${name}` : facts.messagingSystem;
  return name || facts.peerService || serverOf(facts);
}

/** Temporary and anonymous destinations have made-up names, one a client. */
function destinationName(facts: SpanFacts): string {
  return facts.messagingTemporary === "true" ? "(temporary)" : withoutIds(facts.messagingDestination);
}

/** `server.address:port`; from the URL when the address is not given. "" when neither is. */
function serverOf(facts: SpanFacts): string {
  const address = facts.serverAddress;
  if (address === "") return hostOf(facts.urlFull);
  if (facts.serverPort === "") return address;
  const colons = address.split(":").length - 1;
  if (colons === 1) return address;
  return colons === 0 ? `${address}:${facts.serverPort}` : `[${address}]:${facts.serverPort}`;
}

function hostOf(url: string): string {
  if (url === "" || !URL.canParse(url)) return "";
  const { protocol, hostname, port } = new URL(url);
  if (hostname === "") return "";
  return `${hostname}:${port || (protocol === "https:" ? "443" : "80")}`;
}

function joined(first: string, second: string): string {
  return second === "" ? first : `${first} ${second}`;
}
