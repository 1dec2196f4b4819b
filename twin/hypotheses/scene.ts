import { Reference } from "../learning/reference.ts";
import { binEdges, countInBins, sharesOf } from "./bins.ts";
import { type ObservedWindow, observeWindow } from "./observed-window.ts";
import type { SceneParts } from "./scene-parts.ts";
import { type SyntheticWindow, synthesise } from "./synthesis.ts";

/** What is known before any hypothesis: what is given, and what the networks say of it if nothing is wrong. */
export interface Scene extends SceneParts {
  readonly observed: ObservedWindow;
  readonly normal: SyntheticWindow;
  /** Own times if nothing is wrong, by node. */
  readonly usual: ReadonlyMap<number, Reference>;
  /** Own times in bins, by node. */
  readonly bins: ReadonlyMap<number, OwnTimeBins>;
}

export interface OwnTimeBins {
  readonly edges: Float64Array;
  readonly seenCounts: Float64Array;
  readonly usualShares: Float64Array;
}

export function setScene(parts: SceneParts): Scene {
  const normal = synthesise(parts, (spec) => spec);
  const observed = observeWindow(parts.window);
  const usual = new Map<number, Reference>();
  const bins = new Map<number, OwnTimeBins>();
  for (const [node, { seconds }] of normal.ownTimes) {
    const reference = new Reference(Float64Array.from(seconds));
    const edges = binEdges(reference.sorted);
    usual.set(node, reference);
    bins.set(node, {
      edges,
      seenCounts: countInBins(edges, observed.ownTimes.get(node)?.seconds ?? []),
      usualShares: sharesOf(countInBins(edges, seconds)),
    });
  }
  return { ...parts, observed, normal, usual, bins };
}
