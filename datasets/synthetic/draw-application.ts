import { drawNormal, type RandomStream, randomStream } from "../testbed/random.ts";
import type { Application, Operation, Program, Service, TimeDistribution } from "./application.ts";
import { type CallGraph, drawCallGraph } from "./draw-call-graph.ts";
import { drawStations } from "./draw-stations.ts";

export interface DrawOptions {
  /** Services without the databases; default 5 … 60. */
  readonly serviceCount?: number;
  /** Entry requests a second at which the busiest station is to be (nearly) always busy; default 40 … 120. */
  readonly saturationPerSecond?: number;
  /** AR(1) coefficient of successive service times; default 0. */
  readonly autocorrelation?: number;
  /** Whether instances stop for 30 ms twice a second or so to collect garbage; default false. */
  readonly hasPauses?: boolean;
  /** Whether shared processors have 16 threads each, which queues further down can hold all; default false: 200. */
  readonly hasNarrowPools?: boolean;
  /** Default: both, by chance. */
  readonly discipline?: "fifo" | "ps";
}

/** Draws an application. The same seed and options give the same. */
export function drawApplication(seed: number, options: DrawOptions = {}): Application {
  const random = randomStream(seed, "application");
  const serviceCount = options.serviceCount ?? Math.floor(5 * 12.2 ** random());
  const saturationPerSecond = options.saturationPerSecond ?? 40 * 3 ** random();
  const graph = drawCallGraph(serviceCount, random);
  const operations = graph.operations.map(
    (operation): Operation => ({
      name: operation.name,
      service: operation.service,
      work: drawWork(random, graph.isLeaf[operation.service]!),
      gap: { shape: "lognormal", meanSeconds: 0.0003 * 5 ** random(), cv: 0.2 + 0.4 * random() },
      programs: drawPrograms(operation.calls, random),
    }),
  );
  const services = graph.isLeaf.map((isLeaf, index) => drawService(graph, index, isLeaf, options, random));
  const drawn: Application = { services, operations, entries: graph.entries };
  const { discipline, hasNarrowPools = false } = options;
  return drawStations(drawn, { saturationPerSecond, discipline, hasNarrowPools }, random);
}

function drawService(
  graph: CallGraph,
  index: number,
  isLeaf: boolean,
  options: DrawOptions,
  random: RandomStream,
): Service {
  const hasPauses = options.hasPauses === true && !isLeaf;
  return {
    name: graph.serviceNames[index]!,
    isLeaf,
    station: { discipline: "delay" },
    replicaCount: 1,
    balancing: random() < 0.5 ? "random" : "round-robin",
    autocorrelation: isLeaf ? 0 : (options.autocorrelation ?? 0),
    pause: hasPauses ? { intervalSeconds: 2, durationSeconds: 0.03 } : null,
  };
}

function drawWork(random: RandomStream, isLeaf: boolean): TimeDistribution {
  const shape = (["lognormal", "gamma", "bimodal"] as const)[Math.floor(3 * random())]!;
  const meanSeconds = (isLeaf ? 0.004 : 0.012) * Math.exp(0.7 * drawNormal(random));
  return { shape, meanSeconds, cv: 0.2 * 12.5 ** random() };
}

/** One to three ways through an operation: the usual one makes all calls, the others leave some out. */
function drawPrograms(calls: readonly number[], random: RandomStream): Program[] {
  const variantCount = calls.length === 0 ? 0 : Math.floor(3 * random());
  const usual = variantCount === 0 ? 1 : 0.6 + 0.35 * random();
  const programs = [program(usual, groupsOf(calls, random), 1, random)];
  for (let variant = 0; variant < variantCount; variant++) {
    const fewer = calls.filter(() => random() < 0.6);
    programs.push(program((1 - usual) / variantCount, groupsOf(fewer, random), 0.5 + random(), random));
  }
  return programs;
}

function program(
  probability: number,
  groups: readonly (readonly number[])[],
  workFactor: number,
  random: RandomStream,
): Program {
  const parts = Array.from({ length: groups.length + 1 }, () => 0.2 + random());
  const total = parts.reduce((sum, part) => sum + part, 0);
  return { probability, groups, workFactor, workShares: parts.map((part) => part / total) };
}

/** The calls in the order given, cut into groups of one to three. */
function groupsOf(calls: readonly number[], random: RandomStream): number[][] {
  const groups: number[][] = [];
  for (let at = 0; at < calls.length; ) {
    const size = random() < 0.6 ? 1 : 2 + Math.floor(2 * random());
    groups.push(calls.slice(at, at + size));
    at += size;
  }
  return groups;
}
