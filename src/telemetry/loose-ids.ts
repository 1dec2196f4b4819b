const HEX = /^[0-9a-fA-F]+$/;
const WORD_DIGITS = 8;

/**
 * Big-endian words of an id as Jaeger and Zipkin write it: hex of any length up to the full one (leading zeros are often
 * left out, and trace ids may have 64 bits), or base64, which their protobuf JSON has. False when it is no id or all zeros.
 */
export function looseIdInto(text: string, into: Uint32Array, at: number, wordCount: number): boolean {
  into.fill(0, at, at + wordCount);
  const hex = text.endsWith("=") ? Buffer.from(text, "base64").toString("hex") : text;
  const length = wordCount * WORD_DIGITS;
  if (hex.length > length || !HEX.test(hex) || (hex !== text && hex.length !== length)) return false;
  const padded = hex.padStart(length, "0");
  let bits = 0;
  for (let word = 0; word < wordCount; word += 1) {
    const value = Number.parseInt(padded.slice(word * WORD_DIGITS, (word + 1) * WORD_DIGITS), 16);
    into[at + word] = value;
    bits |= value;
  }
  return bits !== 0;
}
