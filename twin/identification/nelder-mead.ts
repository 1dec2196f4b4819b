export interface Minimum {
  readonly point: readonly number[];
  readonly value: number;
  readonly evaluations: number;
}

export interface NelderMeadOptions {
  /** Edge of the first simplex along each axis. Default 0.25. */
  readonly step?: number;
  /** No step begins after so many questions; a step asks two at the most. The first simplex is asked in any case. */
  readonly evaluationsMax: number;
  /** Ends when the simplex spans less than this along each axis. Default 1e-3. */
  readonly tolerance?: number;
}

interface Vertex {
  readonly point: readonly number[];
  readonly value: number;
}

/**
 * Least value of a function without derivatives, by a simplex that reflects, grows and shrinks its way downhill: finds a
 * local minimum near `start`. A value that is not a number counts as the worst. Same function, same answer.
 * Source: J. A. Nelder, R. Mead, "A simplex method for function minimization", Computer Journal 7 (1965), with the usual
 * coefficients 1, 2, ½, ½.
 *
 * @throws {RangeError} when `start` is empty.
 */
export function nelderMead(
  valueAt: (point: readonly number[]) => number,
  start: readonly number[],
  options: NelderMeadOptions,
): Minimum {
  const { step = 0.25, evaluationsMax, tolerance = 1e-3 } = options;
  const dimension = start.length;
  if (dimension === 0) throw new RangeError("start: must have at least one coordinate");
  let evaluations = 0;
  const vertexAt = (point: readonly number[]): Vertex => {
    evaluations++;
    const value = valueAt(point);
    return { point, value: Number.isNaN(value) ? Number.POSITIVE_INFINITY : value };
  };
  const simplex = [vertexAt(start)];
  for (let axis = 0; axis < dimension; axis++) {
    simplex.push(vertexAt(start.map((coordinate, k) => (k === axis ? coordinate + step : coordinate))));
  }
  simplex.sort(byValue);
  while (evaluations < evaluationsMax && widthOf(simplex) > tolerance) {
    const worst = simplex[dimension]!;
    const centre = start.map((_, k) => simplex.slice(0, dimension).reduce((sum, { point }) => sum + point[k]!, 0));
    const beyond = (factor: number): Vertex =>
      vertexAt(worst.point.map((coordinate, k) => along(centre[k]! / dimension, coordinate, factor)));
    const better = improved(simplex, beyond);
    if (better !== null) {
      simplex[dimension] = better;
    } else {
      const { point: best } = simplex[0]!;
      for (let i = 1; i <= dimension && evaluations < evaluationsMax; i++) {
        simplex[i] = vertexAt(simplex[i]!.point.map((coordinate, k) => (coordinate + best[k]!) / 2));
      }
    }
    simplex.sort(byValue);
  }
  return { ...simplex[0]!, evaluations };
}

/** A vertex to take the worst one's place; null when none was found and the simplex has to shrink. */
function improved(simplex: readonly Vertex[], beyond: (factor: number) => Vertex): Vertex | null {
  const worst = simplex[simplex.length - 1]!;
  const secondWorst = simplex[simplex.length - 2]!;
  const reflected = beyond(1);
  if (reflected.value < simplex[0]!.value) {
    const expanded = beyond(2);
    return expanded.value < reflected.value ? expanded : reflected;
  }
  if (reflected.value < secondWorst.value) return reflected;
  const isOutside = reflected.value < worst.value;
  const contracted = beyond(isOutside ? 0.5 : -0.5);
  return contracted.value < Math.min(reflected.value, worst.value) ? contracted : null;
}

/** The point `factor` times as far from the centre as `from`, on its other side. */
function along(centre: number, from: number, factor: number): number {
  return centre + factor * (centre - from);
}

function byValue(a: Vertex, b: Vertex): number {
  return a.value === b.value ? 0 : a.value - b.value;
}

function widthOf(simplex: readonly Vertex[]): number {
  let width = 0;
  for (const { point } of simplex) {
    point.forEach((coordinate, k) => {
      width = Math.max(width, Math.abs(coordinate - simplex[0]!.point[k]!));
    });
  }
  return width;
}
