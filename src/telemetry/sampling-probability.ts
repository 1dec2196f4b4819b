/** W3C lets a tracestate be at most this long; a longer one is not read. */
const TRACESTATE_LENGTH_MAX = 512;
/** The member `ot` of a tracestate, and in it the rejection threshold. */
const THRESHOLD = /(?:^|,)[ \t]*ot=(?:[^,]*;)?th:([0-9a-f]{1,14})[ \t]*(?:$|[;,])/;
const THRESHOLD_DIGITS = 14;
const HALF_DIGITS = 7;
const HALF_WORD = 2 ** 28;

/**
 * Probability with which a span was kept, from the rejection threshold `ot=th:…` of its tracestate: (2⁵⁶ − T) / 2⁵⁶, where
 * T has up to 14 hexadecimal digits, zeros at its end left out. 0 when it says nothing that can be believed.
 * Source: OpenTelemetry specification, tracestate probability sampling.
 */
export function probabilityOfTracestate(tracestate: string): number {
  if (tracestate.length > TRACESTATE_LENGTH_MAX) return 0;
  const threshold = THRESHOLD.exec(tracestate)?.[1];
  if (threshold === undefined) return 0;
  // In two halves: the whole would not fit the 53 bits of a double.
  const digits = threshold.padEnd(THRESHOLD_DIGITS, "0");
  const high = Number.parseInt(digits.slice(0, HALF_DIGITS), 16);
  const low = Number.parseInt(digits.slice(HALF_DIGITS), 16);
  return (HALF_WORD - high - low / HALF_WORD) / HALF_WORD;
}

/** The same from the text of a `sampling.probability` attribute: 0 unless it is a number in (0, 1]. */
export function probabilityOfAttribute(text: string): number {
  const probability = text === "" ? 0 : Number(text);
  return probability > 0 && probability <= 1 ? probability : 0;
}
