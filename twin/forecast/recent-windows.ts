import type { NodeKnowledge } from "../learning/knowledge.ts";
import { joinNodeWindows, type NodeWindow } from "./node-window.ts";

/** A node with fewer visits in a window is judged together with the windows before. */
const VISITS_WANTED = 20;
/** So many windows at the most, this one included. */
const WINDOWS_MAX = 6;

interface Recent {
  /** What its windows were held against. */
  readonly structures: NodeKnowledge["structures"];
  readonly windows: { readonly index: number; readonly window: NodeWindow }[];
}

/** Keeps the last windows of every node, for those visited too seldom to be judged by one window. */
export class RecentWindows {
  #byNode = new Map<number, Recent>();

  /** Adds a window; returns it joined with as many before it as are needed. Windows of other knowledge do not mix. */
  join(node: NodeKnowledge, windowIndex: number, window: NodeWindow): NodeWindow {
    let recent = this.#byNode.get(node.node);
    if (recent === undefined || recent.structures !== node.structures) {
      recent = { structures: node.structures, windows: [] };
      this.#byNode.set(node.node, recent);
    }
    const { windows } = recent;
    windows.push(Object.freeze({ index: windowIndex, window }));
    while (windows[0]!.index <= windowIndex - WINDOWS_MAX) {
      windows.shift();
    }
    const joined: NodeWindow[] = [];
    let visits = 0;
    for (let k = windows.length - 1; k >= 0 && (joined.length === 0 || visits < VISITS_WANTED); k--) {
      joined.unshift(windows[k]!.window);
      visits += windows[k]!.window.visitCount;
    }
    return joinNodeWindows(joined);
  }

  snapshot() {
    const copyOf = ({ structures, windows }: Recent): Recent => ({ structures, windows: [...windows] });
    return { byNode: new Map([...this.#byNode].map(([node, recent]) => [node, copyOf(recent)])) };
  }

  restore({ byNode }: ReturnType<RecentWindows["snapshot"]>): void {
    this.#byNode = byNode;
  }
}
