/**
 * Seeded random streams, one for each (seed, entity, purpose).
 *
 * A stream is a counter and a key: draw n is a mix of both, so streams never share state. A station that is the same in
 * two scenarios sees the same draws in both, whatever happens elsewhere (common random numbers). Integer mixing only:
 * the same bytes on every machine.
 */
export class RandomStream {
  readonly #first: number;
  readonly #second: number;
  #drawn = 0;

  constructor(first: number, second: number) {
    this.#first = first | 0;
    this.#second = second | 0;
  }

  /** A whole number in [0, 2³²). */
  nextUint32(): number {
    const drawn = this.#drawn;
    this.#drawn = (drawn + 1) | 0;
    return mix((mix((this.#first + Math.imul(drawn, 0x9e3779b9)) | 0) + this.#second) | 0) >>> 0;
  }

  /** A number in the open interval (0, 1), on a grid of 2⁻³². */
  nextUniform(): number {
    return (this.nextUint32() + 0.5) * 2.3283064365386963e-10;
  }

  /** A whole number in [0, n), 1 ≤ n ≤ 2²¹; the bias is below n / 2³². */
  nextIndex(n: number): number {
    return Math.floor(this.nextUint32() * n * 2.3283064365386963e-10);
  }
}

/** The stream of one purpose of one entity. Equal arguments give equal streams; any change gives an unrelated one. */
export function stream(seed: number, entity: number | string, purpose: string): RandomStream {
  const [first, second] = keysOf(seed, entity, purpose);
  return new RandomStream(first, second);
}

/** What makes a stream that of one purpose of one entity: its two keys. */
export function keysOf(seed: number, entity: number | string, purpose: string): [number, number] {
  const seedWords = hashNumber(seed, 0x243f6a88);
  const entityWord = typeof entity === "number" ? hashNumber(entity, 0x13198a2e) : hashText(entity, 0x03707344);
  const base = mix((seedWords + Math.imul(entityWord, 0x85ebca6b)) | 0);
  return [hashText(purpose, base), hashText(purpose, mix(base ^ mix(entityWord ^ 0x2545f491)))];
}

/** Exponential with the given mean. */
export function exponential(random: RandomStream, mean: number): number {
  return -mean * Math.log(random.nextUniform());
}

/** Normal by Box and Muller (1958). */
export function normal(random: RandomStream, mean: number, standardDeviation: number): number {
  const radius = Math.sqrt(-2 * Math.log(random.nextUniform()));
  return mean + standardDeviation * radius * Math.cos(2 * Math.PI * random.nextUniform());
}

/** Lognormal with the given mean and coefficient of variation (standard deviation / mean). */
export function lognormal(random: RandomStream, mean: number, variation: number): number {
  const logVariance = Math.log(1 + variation * variation);
  return Math.exp(normal(random, Math.log(mean) - logVariance / 2, Math.sqrt(logVariance)));
}

/** A bijection of 32-bit words that spreads every input bit. Constants: the "lowbias32" search of C. Wellons (2018), as bettered by its readers. */
function mix(word: number): number {
  let x = word;
  x = Math.imul(x ^ (x >>> 16), 0x21f0aaad);
  x = Math.imul(x ^ (x >>> 15), 0x735a2d97);
  return x ^ (x >>> 15);
}

function hashNumber(value: number, salt: number): number {
  if (!Number.isSafeInteger(value)) throw new RangeError(`random stream: ${value} is not a whole number`);
  return mix(mix((value | 0) ^ salt) + Math.floor(value / 4294967296));
}

function hashText(text: string, salt: number): number {
  let hash = salt | 0;
  for (let i = 0; i < text.length; i++) hash = mix((Math.imul(hash, 31) + text.charCodeAt(i) + 1) | 0);
  return hash;
}
