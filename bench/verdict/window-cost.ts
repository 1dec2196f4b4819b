import { drawRequests, steady } from "../../datasets/synthetic/load.ts";
import { recordApplication } from "../../datasets/synthetic/record.ts";
import type { Scorer } from "../../src/contracts/score.ts";
import { Detector } from "../../src/detection/detector.ts";
import { loadSettings } from "../../src/settings/load.ts";
import { CountingLedger } from "../../src/telemetry/ledger.ts";
import { Observer } from "../../src/topology/observer.ts";
import { Twin } from "../../twin/twin.ts";
import { largeApplication } from "./large-application.ts";

const LEARNING_SECONDS = 80;
const JUDGED_SECONDS = 60;
const FAULT_SECONDS = 60;
const FAULT_FACTOR = 2;
/** Nodes that an incident asks about at most. */
const SUSPECTS = 5;

export interface WindowCost {
  readonly nodes: number;
  readonly spansPerSecond: number;
  /** Milliseconds to predict, score and decide one window: those in which nothing is wrong. */
  readonly windowMs: readonly number[];
  /** Milliseconds to explain a window with a fault: five suspects, what would be without each, and which fault each may have. */
  readonly explanationMs: readonly number[];
  /** Of the windows explained, those in which the likeliest fault is at the guilty node. */
  readonly rightShare: number;
}

/** Plays an application with one slow service through observation, twin, model and decision, and takes the time. */
export function measureWindows(seed: number, serviceCount: number, spansPerSecond: number, scorer: Scorer): WindowCost {
  const { application, ratePerSecond } = largeApplication(seed, serviceCount, spansPerSecond);
  const settings = loadSettings({ env: {}, flags: { seed } });
  const observer = new Observer(settings, new CountingLedger());
  const twin = new Twin(settings);
  const detector = new Detector(settings);
  const faultFrom = LEARNING_SECONDS + JUDGED_SECONDS;
  const service = application.operations[application.entries[0]!.operation]!.service;
  const fault = { kind: "slow-code", service, size: FAULT_FACTOR, fromSeconds: faultFrom } as const;
  const faults = [{ ...fault, untilSeconds: faultFrom + FAULT_SECONDS }];
  const guilty = application.services[service]!.name;
  const windowMs: number[] = [];
  const explanationMs: number[] = [];
  let right = 0;
  let spans = 0;
  let nodes = 0;
  let origin = Number.NaN;
  const requests = drawRequests(application, [steady(ratePerSecond, faultFrom + FAULT_SECONDS)], seed);
  const take = (batch: Parameters<Observer["add"]>[0]): void => {
    spans += batch.spans.spanCount;
    for (const observation of observer.add(batch)) {
      if (Number.isNaN(origin)) origin = observation.startSeconds;
      const second = observation.startSeconds - origin;
      const began = performance.now();
      const forecast = twin.forecast(observation);
      const scored = scorer.score(forecast);
      const isFaulty = second > faultFrom + settings.windowSeconds;
      if (!isFaulty) detector.decide(scored, { counterfactuals: () => [], diagnose: () => [] });
      const ms = performance.now() - began;
      if (second < faultFrom - settings.windowSeconds) twin.learn(forecast);
      if (!forecast.isReady || second < LEARNING_SECONDS) continue;
      nodes = forecast.nodes.length;
      if (second < faultFrom - settings.windowSeconds) windowMs.push(ms);
      if (!isFaulty) continue;
      const suspects = [...scored.nodes].sort((a, b) => b.probability - a.probability).slice(0, SUSPECTS);
      const asked = performance.now();
      const indices = suspects.map(({ node }) => node);
      twin.counterfactuals(indices);
      const [likeliest] = twin.diagnose(indices);
      explanationMs.push(performance.now() - asked);
      right += observation.topology.nodes[likeliest?.node ?? -1]?.name === guilty ? 1 : 0;
    }
  };
  recordApplication(application, requests, { seed, faults, take });
  return {
    nodes,
    spansPerSecond: spans / (faultFrom + FAULT_SECONDS),
    windowMs,
    explanationMs,
    rightShare: right / Math.max(1, explanationMs.length),
  };
}
