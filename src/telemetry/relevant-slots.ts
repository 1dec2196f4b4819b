import { SPAN_KIND } from "../contracts/telemetry.ts";
import { SPAN_SLOT } from "./semconv.ts";

const bit = (slot: number): number => 1 << slot;

const NAME = bit(SPAN_SLOT.name);
const PEER_SLOTS = bit(SPAN_SLOT.serverAddress) | bit(SPAN_SLOT.serverPort) | bit(SPAN_SLOT.peerService);
const URL_PATH = bit(SPAN_SLOT.urlPath);
const URL_FULL = bit(SPAN_SLOT.urlFull);
const HTTP_METHOD = bit(SPAN_SLOT.httpMethod);
const HTTP_ROUTE = bit(SPAN_SLOT.httpRoute);
const RPC_METHOD = bit(SPAN_SLOT.rpcMethod);
const DB_SYSTEM = bit(SPAN_SLOT.dbSystem);
const DB_OPERATION = bit(SPAN_SLOT.dbOperation);
const DB_WORDS = bit(SPAN_SLOT.dbSummary) | bit(SPAN_SLOT.dbQuery);
const SERVER_ADDRESS = bit(SPAN_SLOT.serverAddress);
const MESSAGING = bit(SPAN_SLOT.messagingSystem);
/** Read apart: it says how the span was sampled, not what it is. */
const SAMPLING = bit(SPAN_SLOT.samplingProbability);

/**
 * Of the slots that a span has filled (one bit each), those that can change its names: so unbounded ones (a URL beside a
 * route) make no new combination of every span.
 */
export function relevantSlots(filled: number, kind: number): number {
  let kept = filled & ~SAMPLING;
  const isServer = kind === SPAN_KIND.server;
  const isClient = kind === SPAN_KIND.client;
  const hasPeer = isClient || kind === SPAN_KIND.producer || kind === SPAN_KIND.consumer;
  if (!hasPeer) kept &= ~PEER_SLOTS;
  if (!isServer || (kept & HTTP_ROUTE) !== 0) kept &= ~URL_PATH;
  const hasMethod = (kept & HTTP_METHOD) !== 0;
  const needsUrl = hasPeer ? (kept & SERVER_ADDRESS) === 0 : isServer && hasMethod && (kept & HTTP_ROUTE) === 0;
  if (!needsUrl || (kept & URL_PATH) !== 0) kept &= ~URL_FULL;
  const isDatabase = (kept & DB_SYSTEM) !== 0;
  const isNamedByCall = hasMethod || (kept & RPC_METHOD) !== 0;
  if (isNamedByCall && !isDatabase && (isServer || isClient)) kept &= ~NAME;
  if (isDatabase && (kept & DB_OPERATION) !== 0 && (kept & MESSAGING) === 0) kept &= ~(DB_WORDS | NAME);
  return kept;
}
