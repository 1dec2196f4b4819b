import type { Scorer } from "../../src/contracts/score.ts";
import { createCrude } from "./crude.ts";
import { createDummy } from "./dummy.ts";
import { createEwma } from "./ewma.ts";
import { createNSigma } from "./n-sigma.ts";
import { createRobust } from "./robust.ts";
import { createSloBurn } from "./slo-burn.ts";
import { createTwinResidual } from "./twin-residual.ts";

export interface BaselineOptions {
  readonly seed: number;
  /** Windows with data a node needs before its baseline says anything. */
  readonly warmUpWindows?: number;
}

const CREATORS = {
  dummy: (options: BaselineOptions) => createDummy({ seed: options.seed }),
  "n-sigma": createNSigma,
  robust: createRobust,
  ewma: createEwma,
  "slo-burn": createSloBurn,
  crude: createCrude,
  "twin-residual": (_options: BaselineOptions) => createTwinResidual(),
} satisfies Readonly<Record<string, (options: BaselineOptions) => Scorer>>;

export type BaselineName = keyof typeof CREATORS;

/** In the order in which tables show them. */
export const BASELINE_NAMES = Object.keys(CREATORS) as readonly BaselineName[];

/** A fresh baseline that has learned nothing. */
export function createBaseline(name: BaselineName, options: BaselineOptions): Scorer {
  return CREATORS[name](options);
}
