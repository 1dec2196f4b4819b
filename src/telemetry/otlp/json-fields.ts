import { MalformedError } from "../../contracts/errors.ts";
import { firstWord } from "../id-stripping.ts";
import type { RawTexts } from "../raw-texts.ts";
import { type KeyTable, RESOURCE_KEYS } from "../semconv.ts";
import type { SlotRow, TraceDraft } from "../trace-draft.ts";
import type { ToleranceCounts } from "./tolerances.ts";

export type JsonObject = Readonly<Record<string, unknown>>;

/**
 * A bare number of so many digits loses its last ones in `JSON.parse`; quoting it first keeps them. A match is always a
 * field: inside a JSON text every quote has a backslash before it, and so cannot be followed by a letter and a colon.
 */
const BARE_LONG_NUMBER = /("[A-Za-z_]+"\s*:\s*)(-?\d{16,20})(?=\s*[,}])/g;
const SNAKE_CASE_NAME = /"([a-z]+(?:_[a-z]+)+)"(?=\s*:)/g;

/** Parses a body; names in snake_case become what OTLP calls them. @throws {MalformedError} when it is no JSON object. */
export function parseJsonBody(body: Uint8Array, tolerances: ToleranceCounts): JsonObject {
  const text = Buffer.from(body.buffer, body.byteOffset, body.byteLength).toString("utf8");
  let parsed: unknown;
  try {
    parsed = JSON.parse(camelCased(text, tolerances).replace(BARE_LONG_NUMBER, '$1"$2"'));
  } catch (error) {
    throw new MalformedError(`not JSON: ${error instanceof Error ? error.message : String(error)}`);
  }
  return objectOf(parsed, "body");
}

function camelCased(text: string, tolerances: ToleranceCounts): string {
  return text.replace(SNAKE_CASE_NAME, (_match, name: string) => {
    tolerances.add("snake-case-name");
    return `"${name.replace(/_([a-z])/g, (_underscore, letter: string) => letter.toUpperCase())}"`;
  });
}

export function objectOf(value: unknown, what: string): JsonObject {
  if (typeof value !== "object" || value === null || Array.isArray(value)) {
    throw new MalformedError(`${what} is not an object`);
  }
  return value as JsonObject;
}

/** The list in a field; empty when the field is absent or null. */
export function listOf(from: JsonObject, field: string): readonly unknown[] {
  const value = from[field];
  if (value === undefined || value === null) return [];
  if (!Array.isArray(value)) throw new MalformedError(`${field} is not an array`);
  return value;
}

export function textOf(from: JsonObject, field: string): string {
  const value = from[field];
  if (value === undefined || value === null) return "";
  if (typeof value !== "string") throw new MalformedError(`${field} is not a string`);
  return value;
}

/** An enum by its number, or, counted, by its name. @throws {MalformedError} for a name that is none. */
export function enumOf(
  from: JsonObject,
  field: string,
  names: Readonly<Record<string, number>>,
  tolerances: ToleranceCounts,
): number {
  const value = from[field];
  if (value === undefined || value === null) return 0;
  if (typeof value === "number" && Number.isInteger(value)) return value;
  if (typeof value === "string" && Object.hasOwn(names, value)) {
    tolerances.add("enum-name");
    return names[value]!;
  }
  throw new MalformedError(`${field} is not an enum: ${JSON.stringify(value)?.slice(0, 40)}`);
}

/** A whole number of up to 64 bits, written as a string or as a number. */
export function integerOf(value: unknown, what: string): bigint {
  if (typeof value === "number" && Number.isInteger(value)) return BigInt(value);
  if (typeof value === "string" && /^-?\d{1,20}$/.test(value)) return BigInt(value);
  throw new MalformedError(`${what} is not an integer: ${JSON.stringify(value)?.slice(0, 40)}`);
}

export function unsignedOf(from: JsonObject, field: string): bigint {
  const value = from[field];
  if (value === undefined || value === null) return 0n;
  const integer = integerOf(value, field);
  if (integer < 0n || integer >= 1n << 64n) throw new MalformedError(`${field} does not fit 64 bits`);
  return integer;
}

/** A double; JSON has no NaN or infinities, so these come as strings. */
export function doubleOf(value: unknown, what: string): number {
  if (typeof value === "number") return value;
  if (typeof value === "string" && /^(-?Infinity|NaN|-?[\d.]+(e[+-]?\d+)?)$/i.test(value)) return Number(value);
  throw new MalformedError(`${what} is not a number: ${JSON.stringify(value)?.slice(0, 40)}`);
}

/** Big-endian words of an id in hex, or, counted, in base64; false when it is no good id. */
export function idInto(
  text: string,
  into: Uint32Array,
  at: number,
  wordCount: number,
  tolerances: ToleranceCounts,
): boolean {
  into.fill(0, at, at + wordCount);
  const byteCount = wordCount * 4;
  const isHex = text.length === byteCount * 2;
  if (!isHex && text.length !== Math.ceil(byteCount / 3) * 4) return false;
  const bytes = Buffer.from(text, isHex ? "hex" : "base64");
  if (bytes.length !== byteCount) return false;
  let bits = 0;
  for (let word = 0; word < wordCount; word += 1) {
    const value = bytes.readUInt32BE(word * 4);
    into[at + word] = value;
    bits |= value;
  }
  if (!isHex) tolerances.add("base64-id");
  return bits !== 0;
}

/** The text of an AnyValue; "" for arrays, maps and bytes, which name nothing. */
export function anyValueText(value: unknown): string {
  if (value === undefined || value === null) return "";
  const any = objectOf(value, "attribute value");
  if (any["stringValue"] !== undefined) return textOf(any, "stringValue");
  if (any["intValue"] !== undefined) return BigInt.asIntN(64, integerOf(any["intValue"], "intValue")).toString();
  if (any["boolValue"] !== undefined) return any["boolValue"] === true ? "true" : "false";
  if (any["doubleValue"] !== undefined) return String(doubleOf(any["doubleValue"], "doubleValue"));
  return "";
}

/** Reads the `attributes` of `from` into slots. */
export function attributesInto(from: JsonObject, keys: KeyTable, raw: RawTexts, slots: SlotRow): void {
  for (const item of listOf(from, "attributes")) {
    const attribute = objectOf(item, "attribute");
    const key = keys.ofText(textOf(attribute, "key"));
    if (key === undefined) continue;
    const text = anyValueText(attribute["value"]);
    slots.put(key.slot, key.rank, raw.internText(key.isFirstWordOnly ? statementVerb(attribute["value"], text) : text));
  }
}

/** Only a string is a statement. */
function statementVerb(value: unknown, text: string): string {
  return objectOf(value ?? {}, "attribute value")["stringValue"] === undefined ? "" : firstWord(text);
}

export function resourceInto(from: JsonObject, draft: Pick<TraceDraft, "raw" | "resourceSlots">): void {
  const resource = from["resource"];
  if (resource === undefined || resource === null) return;
  attributesInto(objectOf(resource, "resource"), RESOURCE_KEYS, draft.raw, draft.resourceSlots);
}
