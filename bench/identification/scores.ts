import type { StationStructure } from "../../src/contracts/forecast.ts";
import type { Topology } from "../../src/contracts/observation.ts";
import type { Knowledge } from "../../twin/learning/knowledge.ts";
import type { TrueStation } from "./truth-runs.ts";

/** Below the first, a station shows too little of itself: nothing is asked of the twin there. */
export const UTILIZATION_CLASSES = [0.25, 0.4, 0.6] as const;

/** What was found of one station whose truth is known. */
export interface Verdict {
  readonly station: TrueStation;
  readonly found: readonly StationStructure[];
  readonly isRight: boolean;
  readonly isAmong: boolean;
  readonly isIdentified: boolean;
}

export function judge(stations: readonly TrueStation[], knowledge: Knowledge, topology: Topology): Verdict[] {
  return stations.flatMap((station) => {
    const node = topology.nodes.find(({ name, kind }) => kind === "service" && name === station.service);
    const known = node === undefined ? undefined : knowledge.nodes.get(node.index);
    if (known === undefined) return [];
    const found = known.structures.map(({ structure }) => structure);
    const isTrue = (each: StationStructure): boolean =>
      each.discipline === station.structure.discipline && each.serverCount === station.structure.serverCount;
    return [
      {
        station,
        found,
        isRight: isTrue(found[0]!),
        isAmong: found.some(isTrue),
        isIdentified: known.isIdentified,
      },
    ];
  });
}

/** Verdicts of stations busier than the least class. */
export function ofLoaded(verdicts: readonly Verdict[]): Verdict[] {
  return verdicts.filter(({ station }) => station.utilization > UTILIZATION_CLASSES[0]);
}

/** NaN of none. */
export function share(verdicts: readonly Verdict[], is: (verdict: Verdict) => boolean): number {
  return verdicts.filter(is).length / verdicts.length;
}

/** One line: stations and share right in each class of utilization, then over all of them. */
export function describeVerdicts(name: string, verdicts: readonly Verdict[]): string {
  const cells = UTILIZATION_CLASSES.map((from, k) => {
    const below = UTILIZATION_CLASSES[k + 1] ?? Number.POSITIVE_INFINITY;
    return cell(verdicts.filter(({ station }) => station.utilization > from && station.utilization <= below));
  });
  const loaded = ofLoaded(verdicts);
  const others = [
    percent(share(loaded, (each) => each.isAmong)),
    (loaded.reduce((sum, { found }) => sum + found.length, 0) / loaded.length).toFixed(1),
    percent(share(loaded, (each) => each.isIdentified)),
  ];
  return [name.padEnd(26), ...[...cells, cell(loaded), ...others].map((text) => text.padStart(12))].join("");
}

export function tableHead(): string {
  const classes = UTILIZATION_CLASSES.map((from) => `> ${from}`);
  const heads = [...classes, "right", "among", "of", "identified"];
  return ["right / stations at".padEnd(26), ...heads.map((text) => text.padStart(12))].join("");
}

function cell(verdicts: readonly Verdict[]): string {
  return verdicts.length === 0
    ? "–"
    : `${percent(share(verdicts, (each) => each.isRight))} /${String(verdicts.length).padStart(3)}`;
}

function percent(value: number): string {
  return `${(100 * value).toFixed(0)} %`;
}
