const STEP: i32 = <i32>0x9e3779b9;
const FIRST_FACTOR: i32 = 0x21f0aaad;
const SECOND_FACTOR: i32 = 0x735a2d97;
/** 2⁻³². */
const UNIT: f64 = 2.3283064365386963e-10;

/** A random stream: the numbers of `RandomStream` in random.ts, where its two keys come from. */
@unmanaged
export class Stream {
  firstKey: i32;
  secondKey: i32;
  mixed: i32;
  /** The next word: who draws need not wait for the mixing. */
  word: i32;
}

export function startStream(stream: Stream, firstKey: i32, secondKey: i32): void {
  stream.firstKey = firstKey;
  stream.secondKey = secondKey;
  stream.mixed = 0;
  nextWord(stream);
}

/** A number in the open interval (0, 1), on a grid of 2⁻³². */
export function nextUniform(stream: Stream): f64 {
  return (<f64>nextWord(stream) + 0.5) * UNIT;
}

/** A whole number in [0, n). */
export function nextIndex(stream: Stream, n: i32): i32 {
  return <i32>(<f64>nextWord(stream) * <f64>n * UNIT);
}

function nextWord(stream: Stream): u32 {
  const word = stream.word;
  const mixed = stream.mixed;
  stream.mixed = mixed + 1;
  stream.word = mix(mix(stream.firstKey + mixed * STEP) + stream.secondKey);
  return <u32>word;
}

function mix(word: i32): i32 {
  let x = word;
  x = (x ^ (x >>> 16)) * FIRST_FACTOR;
  x = (x ^ (x >>> 15)) * SECOND_FACTOR;
  return x ^ (x >>> 15);
}
