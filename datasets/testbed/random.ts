/** A seeded stream of numbers in [0, 1). The same seed and name give the same stream. */
export type RandomStream = () => number;

/** Small fast counter generator (sfc32) whose four words are hashed from seed and name. */
export function randomStream(seed: number, name: string): RandomStream {
  let a = hashText(`${name}/a`, seed);
  let b = hashText(`${name}/b`, seed);
  let c = hashText(`${name}/c`, seed);
  let counter = 1;
  const next: RandomStream = () => {
    const sum = (((a + b) | 0) + counter) | 0;
    counter = (counter + 1) | 0;
    a = b ^ (b >>> 9);
    b = (c + (c << 3)) | 0;
    c = (c << 21) | (c >>> 11);
    c = (c + sum) | 0;
    return (sum >>> 0) / 4294967296;
  };
  for (let i = 0; i < 16; i++) next();
  return next;
}

/** FNV-1a over the characters, started from the seed. */
function hashText(text: string, seed: number): number {
  let hash = (2166136261 ^ seed) >>> 0;
  for (let i = 0; i < text.length; i++) hash = Math.imul(hash ^ text.charCodeAt(i), 16777619);
  return hash | 0;
}

/** Exponential with the given mean. */
export function drawExponential(random: RandomStream, mean: number): number {
  return -mean * Math.log(1 - random());
}

/** Standard normal (Box and Muller, one of the pair). */
export function drawNormal(random: RandomStream): number {
  const radius = Math.sqrt(-2 * Math.log(1 - random()));
  return radius * Math.cos(2 * Math.PI * random());
}

/** Mean and coefficient of variation (standard deviation / mean) of a service time. */
export interface ServiceTime {
  readonly meanSeconds: number;
  readonly cv: number;
}

/** No draw is shorter than this: below it a timer's own grain would be the service time. */
export const SHORTEST_SERVICE_SECONDS = 0.003;

/**
 * Draws a service time: `SHORTEST_SERVICE_SECONDS` plus a lognormal, so that mean and cv of the sum are as asked.
 *
 * @throws {RangeError} when the mean is not above the shortest time.
 */
export function drawServiceSeconds(random: RandomStream, time: ServiceTime): number {
  const restSeconds = time.meanSeconds - SHORTEST_SERVICE_SECONDS;
  if (!(restSeconds > 0))
    throw new RangeError(`mean service time ${time.meanSeconds} s is not above ${SHORTEST_SERVICE_SECONDS} s`);
  const restCv = (time.cv * time.meanSeconds) / restSeconds;
  const variance = Math.log1p(restCv * restCv);
  return SHORTEST_SERVICE_SECONDS + restSeconds * Math.exp(Math.sqrt(variance) * drawNormal(random) - variance / 2);
}

/** Draws ranks 0 … count − 1 with probability ∝ 1/(rank + 1)^exponent (Zipf): a few things are popular. */
export function zipfDraw(count: number, exponent: number): (random: RandomStream) => number {
  const cumulative = new Float64Array(count);
  let total = 0;
  for (let rank = 0; rank < count; rank++) {
    total += (rank + 1) ** -exponent;
    cumulative[rank] = total;
  }
  return (random) => {
    const target = random() * total;
    let low = 0;
    let high = count - 1;
    while (low < high) {
      const middle = (low + high) >> 1;
      if (cumulative[middle]! > target) high = middle;
      else low = middle + 1;
    }
    return low;
  };
}
