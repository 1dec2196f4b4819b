import { measureCapacity } from "../../datasets/synthetic/capacity.ts";
import { drawApplication } from "../../datasets/synthetic/draw-application.ts";
import { drawRequests } from "../../datasets/synthetic/load.ts";
import { recordApplication } from "../../datasets/synthetic/record.ts";
import { EPOCH_SECONDS } from "../../datasets/synthetic/span-batches.ts";
import { createNSigma } from "../../models/baselines/n-sigma.ts";
import { createTwinResidual } from "../../models/baselines/twin-residual.ts";
import { evidenceOf, type ResidualEvidence } from "../../models/baselines/twin-residual-evidence.ts";
import type { Forecast, NodeForecast } from "../../src/contracts/forecast.ts";
import type { Scored, Scorer } from "../../src/contracts/score.ts";
import { isMaterial } from "../../src/detection/floors.ts";
import { Line, type WindowResult } from "../../src/pipeline/line.ts";
import { loadSettings } from "../../src/settings/load.ts";
import { CountingLedger } from "../../src/telemetry/ledger.ts";
import { Twin } from "../../twin/twin.ts";
import { createStaticP95 } from "./static-p95.ts";
import { LEARNING_WINDOWS, loadOf, nameOf, surgePlan, WINDOW_SECONDS } from "./surge-plan.ts";

/** What one window of a surge gave rise to. */
export interface SurgeWindow {
  /** Largest residual of any node, and of any node whose effect is above the floors of materiality; standard deviations. */
  readonly residualZ: number;
  readonly materialZ: number;
  /** The same of the rivals, which know no floors. */
  readonly staticP95Z: number;
  readonly nSigmaZ: number;
  /** The node with the largest material residual and what speaks against it: to find out why. */
  readonly worst: string;
}

export interface SurgeResult {
  readonly name: string;
  readonly quietUtilization: number;
  readonly surgeUtilization: number;
  readonly windows: readonly SurgeWindow[];
  /** Incidents that the whole line opened while nothing was wrong, by scorer: the shipped model, the residuals alone. */
  readonly modelAlarms: number;
  readonly residualAlarms: number;
  /** |named / true − 1| of the saturation rate, median over the surge's windows; NaN when none was named. */
  readonly saturationError: number;
  readonly isBottleneckNamed: boolean;
  readonly spanCount: number;
}

/** Plays one recording through the whole line. */
export function runSurge(index: number, scorer: Scorer): SurgeResult {
  const plan = surgePlan(index);
  const application = drawApplication(plan.applicationSeed, plan.draw);
  const capacity = measureCapacity(application, plan.applicationSeed);
  const load = loadOf(plan.shape, capacity.rateAt(plan.quietUtilization), capacity.rateAt(plan.surgeUtilization));
  const requests = drawRequests(application, load.phases, plan.seed, plan.bursts);
  const settings = loadSettings({
    env: {},
    flags: { windowSeconds: WINDOW_SECONDS, learningWindows: LEARNING_WINDOWS, seed: plan.seed },
  });
  const line = new Line({
    settings,
    twin: new Twin(settings),
    scorer,
    ledger: new CountingLedger(),
    watchers: [createTwinResidual(), createStaticP95({ learningWindows: LEARNING_WINDOWS }), createNSigma()],
  });
  const windows: SurgeWindow[] = [];
  const saturations: number[] = [];
  const named = new Map<string, number>();
  const alarms = [0, 0];
  line.onWindow((result) => {
    [result, result.watching[0]!].forEach(({ events }, k) => {
      alarms[k]! += events.filter((each) => each.type === "opened" && each.incident.verdict === "fault").length;
    });
    const { forecast } = result.scored;
    const { startSeconds, endSeconds, topology } = forecast.observation;
    const isSurge =
      startSeconds >= EPOCH_SECONDS + load.surgeFromSeconds && endSeconds <= EPOCH_SECONDS + load.surgeUntilSeconds;
    if (!isSurge || !forecast.isReady) return;
    windows.push(surgeWindowOf(result));
    if (forecast.capacity !== null) {
      saturations.push(Math.abs(forecast.capacity.saturationRatePerSecond / capacity.saturationPerSecond - 1));
      const { name } = topology.nodes[forecast.capacity.node]!;
      named.set(name, (named.get(name) ?? 0) + 1);
    }
  });
  let spanCount = 0;
  recordApplication(application, requests, {
    seed: plan.seed,
    take: (batch) => {
      spanCount += batch.spans.spanCount;
      line.take(batch);
    },
  });
  line.finish();
  const mostNamed = [...named].sort((a, b) => b[1] - a[1])[0]?.[0];
  return {
    name: nameOf(plan, application),
    quietUtilization: plan.quietUtilization,
    surgeUtilization: plan.surgeUtilization,
    windows,
    modelAlarms: alarms[0]!,
    residualAlarms: alarms[1]!,
    saturationError: medianOf(saturations),
    isBottleneckNamed: mostNamed === application.services[capacity.bottleneck]!.name,
    spanCount,
  };
}

function surgeWindowOf({ watching }: WindowResult): SurgeWindow {
  const [residual, staticP95, nSigma] = watching.map((each) => each.scored) as [Scored, Scored, Scored];
  const { forecast } = residual;
  const byNode = new Map<number, NodeForecast>(forecast.nodes.map((node) => [node.node, node]));
  const evidence = evidenceOf(forecast);
  let materialZ = 0;
  let worst = "";
  residual.nodes.forEach((score, row) => {
    const node = byNode.get(score.node)!;
    if (score.residualZ > materialZ && isMaterial(node)) {
      materialZ = score.residualZ;
      worst = describe(forecast, node, evidence[row]!);
    }
  });
  const largest = (scored: Scored): number => Math.max(0, ...scored.nodes.map((each) => each.residualZ));
  return {
    residualZ: largest(residual),
    materialZ,
    staticP95Z: largest(staticP95),
    nSigmaZ: largest(nSigma),
    worst,
  };
}

function describe(forecast: Forecast, node: NodeForecast, evidence: ResidualEvidence): string {
  const { name } = forecast.observation.topology.nodes[node.node]!;
  const [what, z] = Object.entries(evidence).sort((a, b) => b[1] - a[1])[0]!;
  const structures = node.structures.map((each) => `${each.discipline}(${each.serverCount})`).join(" ");
  return `${what} ${z.toFixed(1)} of ${name}, believed to be ${structures}`;
}

function medianOf(values: readonly number[]): number {
  const sorted = [...values].sort((a, b) => a - b);
  return sorted[sorted.length >> 1] ?? Number.NaN;
}
