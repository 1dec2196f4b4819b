import type { NodeScore, Scorer } from "../../src/contracts/score.ts";
import { createSeededStream } from "./seeded-stream.ts";
import { UNIFORM_KINDS } from "./uniform-kinds.ts";

export interface DummyOptions {
  readonly seed: number;
  /** Chosen before anything is seen. */
  readonly alarmsPerHour?: number;
  /** How long an alarm lasts: long enough for the common decision rule to open an incident. */
  readonly alarmSeconds?: number;
}

/** Probability of the node an alarm names; all others, and all nodes without an alarm, lie below `QUIET_CEILING`. */
const ALARM_PROBABILITY = 0.99;
const QUIET_CEILING = 0.05;

/** Guesses: alarms at a fixed rate on a node drawn at random, and a random ranking of the rest. Learns nothing. */
export function createDummy(options: DummyOptions): Scorer {
  let drawn = 0;
  let stream = createSeededStream(options.seed);
  const next = (): number => {
    drawn += 1;
    return stream();
  };
  const alarmsPerSecond = (options.alarmsPerHour ?? 6) / 3600;
  const alarmSeconds = options.alarmSeconds ?? 120;
  let alarmEndSeconds = -Infinity;
  let guilty = -1;
  return {
    name: "dummy",
    memory: {
      snapshot: () => ({ drawn, alarmEndSeconds, guilty }),
      restore(state: { readonly drawn: number; readonly alarmEndSeconds: number; readonly guilty: number }) {
        ({ drawn, alarmEndSeconds, guilty } = state);
        stream = createSeededStream(options.seed, drawn);
      },
    },
    score(forecast) {
      const { topology, startSeconds, endSeconds } = forecast.observation;
      const isFree = startSeconds >= alarmEndSeconds;
      if (isFree) guilty = -1;
      // Drawn in every window, so that one alarm does not move the dice of the next.
      const starts = next() < 1 - Math.exp(-alarmsPerSecond * (endSeconds - startSeconds));
      const choice = Math.floor(next() * topology.nodes.length);
      if (isFree && starts && topology.nodes.length > 0) {
        guilty = choice;
        alarmEndSeconds = startSeconds + alarmSeconds;
      }
      const nodes = topology.nodes.map((node): NodeScore => {
        const quiet = next() * QUIET_CEILING;
        const probability = node.index === guilty ? ALARM_PROBABILITY : quiet;
        return { node: node.index, probability, kindProbabilities: UNIFORM_KINDS, pValue: null, residualZ: 0 };
      });
      return { forecast, scorer: "dummy", nodes };
    },
  };
}
