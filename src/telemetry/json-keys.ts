const QUOTE = 0x22;
const BACKSLASH = 0x5c;
const COLON = 0x3a;
const COMMA = 0x2c;
const OPEN_OBJECT = 0x7b;
const CLOSE_OBJECT = 0x7d;
const OPEN_ARRAY = 0x5b;
const CLOSE_ARRAY = 0x5d;
const MAX_KEY_BYTES = 64;
/** Spans in traces in an answer. */
const MAX_ARRAYS = 2;

/**
 * Keys of the object that a JSON text is, or of the first object in the array (of arrays) that it is, in order and without parsing the
 * rest. Ends at the first thing that is no JSON; keys with escapes or of more than 64 bytes are left out.
 */
export function* keysOfFirstObject(body: Uint8Array): Generator<string> {
  let at = afterBlanks(body, 0);
  for (let depth = 0; depth < MAX_ARRAYS && body[at] === OPEN_ARRAY; depth += 1) at = afterBlanks(body, at + 1);
  if (body[at] !== OPEN_OBJECT) return;
  at = afterBlanks(body, at + 1);
  while (body[at] === QUOTE) {
    const end = endOfString(body, at);
    const colon = afterBlanks(body, end);
    if (body[colon] !== COLON) return;
    const key = body.subarray(at + 1, end - 1);
    if (key.length <= MAX_KEY_BYTES && !key.includes(BACKSLASH)) yield Buffer.from(key).toString("utf8");
    at = endOfValue(body, afterBlanks(body, colon + 1));
    if (body[at] !== COMMA) return;
    at = afterBlanks(body, at + 1);
  }
}

function afterBlanks(body: Uint8Array, from: number): number {
  let at = from;
  while (body[at] === 0x20 || body[at] === 0x0a || body[at] === 0x0d || body[at] === 0x09) at += 1;
  return at;
}

/** Behind the closing quote of the string that begins at `from`. */
function endOfString(body: Uint8Array, from: number): number {
  let at = from + 1;
  while (at < body.length && body[at] !== QUOTE) at += body[at] === BACKSLASH ? 2 : 1;
  return at + 1;
}

/** At the comma or bracket behind a value. */
function endOfValue(body: Uint8Array, from: number): number {
  let depth = 0;
  let at = from;
  while (at < body.length) {
    const byte = body[at]!;
    if (byte === QUOTE) {
      at = endOfString(body, at);
      continue;
    }
    if (byte === OPEN_OBJECT || byte === OPEN_ARRAY) depth += 1;
    else if (byte === CLOSE_OBJECT || byte === CLOSE_ARRAY) {
      if (depth === 0) return at;
      depth -= 1;
    } else if (byte === COMMA && depth === 0) return at;
    at += 1;
  }
  return at;
}

/** Whether a text is one JSON value or several, none of them broken off; brackets and quotes are counted, no more. */
export function isBalanced(body: Uint8Array): boolean {
  let depth = 0;
  let at = 0;
  while (at < body.length) {
    const byte = body[at]!;
    if (byte === QUOTE) {
      at = endOfString(body, at);
      continue;
    }
    if (byte === OPEN_OBJECT || byte === OPEN_ARRAY) depth += 1;
    else if (byte === CLOSE_OBJECT || byte === CLOSE_ARRAY) depth -= 1;
    at += 1;
  }
  return depth === 0 && at === body.length;
}
