/** The shape of a service map, without its numbers. */
export interface Graph {
  readonly nodes: readonly string[];
  readonly edges: readonly { readonly from: string; readonly to: string }[];
}

/**
 * Layer of every node: 0 where requests enter, one more than the deepest caller else (longest path).
 * Calls that close a cycle are left out of the count. The order of the input plays no part.
 */
export function layersOf(graph: Graph): ReadonlyMap<string, number> {
  const names = [...graph.nodes].sort();
  const callees = forwardEdges(names, graph);
  const layer = new Map(names.map((name) => [name, 0]));
  // Relaxing as often as there are nodes reaches the longest path of any graph without cycles.
  for (let round = 0, isMoving = true; isMoving && round < names.length; round += 1) {
    isMoving = false;
    for (const name of names) {
      const next = (layer.get(name) ?? 0) + 1;
      for (const callee of callees.get(name) ?? []) {
        if ((layer.get(callee) ?? 0) < next) {
          layer.set(callee, next);
          isMoving = true;
        }
      }
    }
  }
  return layer;
}

/** Callees by caller, sorted, without the edges that lead back up a path. Entries are searched from first. */
function forwardEdges(names: readonly string[], graph: Graph): ReadonlyMap<string, readonly string[]> {
  const known = new Set(names);
  const all = new Map<string, string[]>(names.map((name) => [name, []]));
  const called = new Set<string>();
  for (const { from, to } of graph.edges) {
    if (from === to || !known.has(from) || !known.has(to) || all.get(from)?.includes(to)) continue;
    all.get(from)?.push(to);
    called.add(to);
  }
  const kept = new Map<string, string[]>();
  const state = new Map<string, "on path" | "done">();
  const visit = (start: string): void => {
    // Depth first without recursion: a chain of thousands of services must not end the page.
    const path: { readonly name: string; readonly rest: string[] }[] = [];
    const enter = (name: string): void => {
      state.set(name, "on path");
      kept.set(name, []);
      path.push({ name, rest: [...(all.get(name) ?? [])].sort().reverse() });
    };
    enter(start);
    for (let top = path.at(-1); top !== undefined; top = path.at(-1)) {
      const callee = top.rest.pop();
      if (callee === undefined) {
        state.set(top.name, "done");
        path.pop();
      } else if (state.get(callee) !== "on path") {
        kept.get(top.name)?.push(callee);
        if (!state.has(callee)) enter(callee);
      }
    }
  };
  for (const name of names) if (!called.has(name) && !state.has(name)) visit(name);
  for (const name of names) if (!state.has(name)) visit(name);
  return kept;
}
