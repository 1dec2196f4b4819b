/**
 * Share of look-ups that miss in an LRU cache of `capacity` items, when items are asked for independently with
 * probability ∝ 1/rank^exponent. Source: Che, Tung and Wang (2002): an item is in the cache when it was asked for within
 * the characteristic time t, where Σ (1 − e^(−p t)) = capacity.
 */
export function cacheMissShare(itemCount: number, exponent: number, capacity: number): number {
  if (capacity >= itemCount) return 0;
  const weights = Array.from({ length: itemCount }, (_, rank) => (rank + 1) ** -exponent);
  const total = weights.reduce((sum, weight) => sum + weight, 0);
  const probabilities = weights.map((weight) => weight / total);
  const held = (time: number) => probabilities.reduce((sum, p) => sum - Math.expm1(-p * time), 0);
  let low = 0;
  let high = capacity + 1;
  while (held(high) < capacity) high *= 2;
  for (let step = 0; step < 60; step++) {
    const middle = (low + high) / 2;
    if (held(middle) < capacity) low = middle;
    else high = middle;
  }
  return probabilities.reduce((sum, p) => sum + p * Math.exp(-p * high), 0);
}
