import type { EdgeSpec, NetworkSpec, OperationSpec } from "./spec.ts";

/**
 * By edge: does a call along it need more than its gap? So it does when a message can be lost, the caller may stop
 * waiting, a connection must be had, or the callee can fail. The others take a shorter way through the simulator.
 */
export function guardedEdges(spec: NetworkSpec): boolean[] {
  const fails = failingOperations(spec);
  return spec.edges.map(
    (edge) => (edge.lossProbability ?? 0) > 0 || edge.pool !== undefined || (!edge.isAsync && callFails(edge, fails)),
  );
}

/** By operation: can a visit fail? When it may be refused, or needs a call that can fail; so failure spreads upwards. */
function failingOperations(spec: NetworkSpec): boolean[] {
  const fails = spec.operations.map((operation) => spec.stations[operation.station]!.queueCapacity !== undefined);
  let isSettled = false;
  while (!isSettled) {
    isSettled = true;
    spec.operations.forEach((operation, index) => {
      if (fails[index] || !needsFailingCall(operation, spec, fails)) return;
      fails[index] = true;
      isSettled = false;
    });
  }
  return fails;
}

function needsFailingCall(operation: OperationSpec, spec: NetworkSpec, fails: readonly boolean[]): boolean {
  const edges = operation.programs.flatMap((program) => program.groups.flat()).map((call) => spec.edges[call.edge]!);
  return edges.some((edge) => !edge.isAsync && (edge.isRequired ?? true) && callFails(edge, fails));
}

function callFails(edge: EdgeSpec, fails: readonly boolean[]): boolean {
  return edge.timeoutSeconds !== undefined || fails[edge.calleeOperation]!;
}
