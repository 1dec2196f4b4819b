const HARD_EDGE = "[\\s/:;,=?&#@()\\[\\]{}\"'<>|]";
const UUID = "[0-9a-fA-F]{8}-[0-9a-fA-F]{4}-[0-9a-fA-F]{4}-[0-9a-fA-F]{4}-[0-9a-fA-F]{12}";
/** At least one digit: a long word of the letters a to f alone is a word. */
const LONG_HEX = "(?=[a-fA-F]*[0-9])(?:0x)?[0-9a-fA-F]{12,}";

/** Whole words that are ids, and the id at the end or in the middle of a word that has `-`, `_` or `.` in it. */
const WHOLE_WORD = new RegExp(`(?<=^|${HARD_EDGE})(?:${UUID}|${LONG_HEX}|[0-9]+)(?=$|${HARD_EDGE})`, "g");
const PART_OF_WORD = new RegExp(`(?<=[-_.])(?:${UUID}|${LONG_HEX}|[0-9]{4,})(?=$|[-_.]|${HARD_EDGE})`, "g");
const HEAD_OF_WORD = new RegExp(`(?<=^|${HARD_EDGE})(?:${UUID}|${LONG_HEX}|[0-9]{4,})(?=[-_.])`, "g");

/** Only what can hold an id is worth the search. */
const DIGIT = /[0-9]/;
const MAX_STRIPPED_LENGTH = 1024;

/**
 * The name with every number, UUID and long hexadecimal word in it replaced by `{id}`: `/cart/123` → `/cart/{id}`.
 * Digits inside a word (`v1`, `s3`, `sha256`) stay.
 */
export function withoutIds(name: string): string {
  if (!DIGIT.test(name)) return name;
  return name
    .slice(0, MAX_STRIPPED_LENGTH)
    .replace(WHOLE_WORD, "{id}")
    .replace(PART_OF_WORD, "{id}")
    .replace(HEAD_OF_WORD, "{id}");
}

/** The path of a URL or request target, without query and fragment, ids replaced; "/" when there is none. */
export function pathWithoutIds(target: string): string {
  const end = target.search(/[?#]/);
  const path = end < 0 ? target : target.slice(0, end);
  const afterScheme = path.indexOf("://");
  if (afterScheme < 0) return withoutIds(path) || "/";
  const start = path.indexOf("/", afterScheme + 3);
  return start < 0 ? "/" : withoutIds(path.slice(start));
}

const FIRST_WORD = /^[ \t\r\n(]*([A-Za-z_]{1,32})/;

/** The first word of a statement: its verb. "" when it does not begin with one. */
export function firstWord(statement: string): string {
  return FIRST_WORD.exec(statement)?.[1] ?? "";
}

/** The same on bytes: where the word stands, `start === end` when there is none. */
export function firstWordRange(bytes: Uint8Array, start: number, end: number): { start: number; end: number } {
  let from = start;
  while (from < end && isBlank(bytes[from]!)) from += 1;
  let to = from;
  while (to < end && to - from < 32 && isWordByte(bytes[to]!)) to += 1;
  return { start: from, end: to };
}

function isBlank(byte: number): boolean {
  return byte === 0x20 || byte === 0x09 || byte === 0x0d || byte === 0x0a || byte === 0x28;
}

function isWordByte(byte: number): boolean {
  const lower = byte | 0x20;
  return (lower >= 0x61 && lower <= 0x7a) || byte === 0x5f;
}
