import type { Place } from "./place.ts";

export type Direction = "left" | "right" | "up" | "down";

/** The node an arrow key leads to: the nearest within 60° of that direction; null when there is none. */
export function nearestInDirection(
  places: ReadonlyMap<string, Place>,
  from: string,
  direction: Direction,
): string | null {
  const start = places.get(from);
  if (start === undefined) return null;
  let best: { readonly name: string; readonly cost: number } | null = null;
  for (const [name, place] of places) {
    const along =
      direction === "left"
        ? start.x - place.x
        : direction === "right"
          ? place.x - start.x
          : direction === "up"
            ? start.y - place.y
            : place.y - start.y;
    const aside = Math.abs(direction === "left" || direction === "right" ? place.y - start.y : place.x - start.x);
    if (along <= 0 || aside > along * 1.75) continue;
    const cost = along + aside * 1.5;
    if (best === null || cost < best.cost || (cost === best.cost && name < best.name)) best = { name, cost };
  }
  return best?.name ?? null;
}
