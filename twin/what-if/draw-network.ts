import { type RandomStream, stream } from "../kernel/random.ts";
import type { EdgeSpec, NetworkSpec, OperationSpec, ProgramSpec } from "../kernel/spec.ts";
import type { WhatIfModel } from "./model.ts";
import { fullName } from "./named-network.ts";

/** Rows beyond these say no more about how many visits took each program. */
const PROGRAM_DRAWS_MAX = 4096;

/**
 * One network that what was learned does not contradict: of each station one of its plausible structures, the best one as
 * often as all others together, and of each table of samples a block bootstrap. Same seed, same network.
 */
export function drawNetwork(model: WhatIfModel, seed: number): NetworkSpec {
  const ranks = model.structures.map((structures, station) => {
    const random = stream(seed, model.network.stations[station]!.name, "structure");
    const isBest = structures.length === 1 || random.nextUniform() < 0.5;
    return isBest ? 0 : 1 + random.nextIndex(structures.length - 1);
  });
  const spec = networkWith(model, ranks);
  return {
    ...spec,
    operations: spec.operations.map((operation, index) =>
      resampledOperation(operation, seed, fullName(model.network, index)),
    ),
    edges: spec.edges.map((edge, index) => resampledEdge(edge, stream(seed, index, "bootstrap of gaps"))),
  };
}

/** The network in which each station has its plausible structure of this rank. */
export function networkWith(model: WhatIfModel, ranks: readonly number[]): NetworkSpec {
  const { spec } = model.network;
  const chosen = model.structures.map((structures, station) => structures[ranks[station]!]!);
  return {
    ...spec,
    stations: spec.stations.map((station, index) => ({ ...station, ...chosen[index]!.structure })),
    operations: spec.operations.map((operation, index) => chosen[operation.station]!.operations.get(index)!),
  };
}

function resampledOperation(operation: OperationSpec, seed: number, name: string): OperationSpec {
  const { programs } = operation;
  const counts = resampledCounts(programs, stream(seed, name, "bootstrap of programs"));
  const total = counts.reduce((sum, count) => sum + count, 0);
  return {
    ...operation,
    programs: programs.map((program, k) => ({
      ...program,
      probability: counts[k]! / total,
      segmentSamples: resampledRows(program, stream(seed, `${name} ${k}`, "bootstrap of rows")),
    })),
  };
}

/** How often each program would have been seen, had as many visits come again. */
function resampledCounts(programs: readonly ProgramSpec[], random: RandomStream): number[] {
  const counts = programs.map(() => 0);
  const rows = programs.reduce((sum, program) => sum + rowCount(program), 0);
  for (let draw = 0; draw < Math.min(PROGRAM_DRAWS_MAX, rows); draw++) {
    counts[pick(programs, random.nextUniform())]! += 1;
  }
  return counts;
}

function pick(programs: readonly ProgramSpec[], uniform: number): number {
  let below = 0;
  const found = programs.findIndex(({ probability }) => {
    below += probability;
    return uniform < below;
  });
  // Rounding may leave a sliver above the last.
  return found < 0 ? programs.length - 1 : found;
}

/** As many rows, in blocks that begin anywhere and wrap round. */
function resampledRows(program: ProgramSpec, random: RandomStream): Float64Array {
  const { segmentSamples, blockLength } = program;
  const rows = rowCount(program);
  const columns = program.groups.length + 1;
  const resampled = new Float64Array(segmentSamples.length);
  let from = 0;
  for (let row = 0; row < rows; row++) {
    from = row % blockLength === 0 ? random.nextIndex(rows) : (from + 1) % rows;
    for (let column = 0; column < columns; column++) {
      resampled[row * columns + column] = segmentSamples[from * columns + column]!;
    }
  }
  return resampled;
}

function resampledEdge(edge: EdgeSpec, random: RandomStream): EdgeSpec {
  const { gapSamples } = edge;
  return { ...edge, gapSamples: gapSamples.map(() => gapSamples[random.nextIndex(gapSamples.length)]!) };
}

function rowCount(program: ProgramSpec): number {
  return program.segmentSamples.length / (program.groups.length + 1);
}
