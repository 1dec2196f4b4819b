import type { NetworkSpec, OperationSpec, ProgramSpec } from "../kernel/spec.ts";

/** Own work of these operations times a factor, each with its own. */
export function scaleWork(spec: NetworkSpec, factorOf: ReadonlyMap<number, number>): NetworkSpec {
  return editOperations(spec, factorOf.keys(), (operation, index) => {
    const factor = factorOf.get(index)!;
    return withPrograms(operation, (program) => ({
      ...program,
      segmentSamples: program.segmentSamples.map((each) => each * factor),
    }));
  });
}

/** Own work of these operations with the mean given, the shape kept. An operation without own work gets a constant. */
export function setMeanWork(spec: NetworkSpec, operations: readonly number[], meanSeconds: number): NetworkSpec {
  const mean = (index: number): number => meanOwnSeconds(spec.operations[index]!);
  const working = operations.filter((index) => mean(index) > 0);
  const idle = operations.filter((index) => !(mean(index) > 0));
  const scaled = scaleWork(spec, new Map(working.map((index) => [index, meanSeconds / mean(index)])));
  return setWork(scaled, idle, Float64Array.of(meanSeconds));
}

/**
 * Own work of these operations drawn from a table, seconds. A visit with calls spreads it over its segments as they were
 * on average.
 */
export function setWork(spec: NetworkSpec, operations: readonly number[], table: Float64Array): NetworkSpec {
  return editOperations(spec, operations, (operation) =>
    withPrograms(operation, (program) => {
      const shares = segmentShares(program);
      const segmentSamples = new Float64Array(table.length * shares.length);
      for (let row = 0; row < table.length; row++) {
        for (let column = 0; column < shares.length; column++) {
          segmentSamples[row * shares.length + column] = table[row]! * shares[column]!;
        }
      }
      return { ...program, segmentSamples, blockLength: 1 };
    }),
  );
}

/** Mean own work of a visit, over its programs. */
export function meanOwnSeconds(operation: OperationSpec): number {
  return operation.programs.reduce((sum, program) => {
    const rows = program.segmentSamples.length / (program.groups.length + 1);
    return sum + (program.probability * program.segmentSamples.reduce((all, each) => all + each, 0)) / rows;
  }, 0);
}

/** Share of each segment in the program's own work; all in the first when there is none. */
function segmentShares(program: ProgramSpec): number[] {
  const columns = program.groups.length + 1;
  const sums = new Array<number>(columns).fill(0);
  program.segmentSamples.forEach((each, index) => {
    sums[index % columns]! += each;
  });
  const total = sums.reduce((sum, each) => sum + each, 0);
  return sums.map((sum, column) => (total > 0 ? sum / total : column === 0 ? 1 : 0));
}

function withPrograms(operation: OperationSpec, edit: (program: ProgramSpec) => ProgramSpec): OperationSpec {
  return { ...operation, programs: operation.programs.map(edit) };
}

export function editOperations(
  spec: NetworkSpec,
  operations: Iterable<number>,
  edit: (operation: OperationSpec, index: number) => OperationSpec,
): NetworkSpec {
  const edited = new Set(operations);
  return { ...spec, operations: spec.operations.map((each, index) => (edited.has(index) ? edit(each, index) : each)) };
}
