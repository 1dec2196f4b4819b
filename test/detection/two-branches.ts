import type { Topology } from "../../src/contracts/observation.ts";
import type { Shown } from "./windows.ts";

/** web → cart → stock, web → search → index, and mail, which takes messages from web and keeps nobody waiting. */
export const WEB = 0;
export const CART = 1;
export const STOCK = 2;
export const SEARCH = 3;
export const INDEX = 4;
export const MAIL = 5;

const NAMES = ["web", "cart", "stock", "search", "index", "mail"];
const CALLS = [
  [WEB, CART],
  [CART, STOCK],
  [WEB, SEARCH],
  [SEARCH, INDEX],
  [WEB, MAIL],
] as const;

/** Two branches that have nothing in common but who calls them. Each node has one operation, of the same index. */
export const TWO_BRANCHES: Topology = {
  nodes: NAMES.map((name, index) => ({ index, name, kind: "service" })),
  instances: NAMES.map((name, index) => ({ index, name, node: index, version: "" })),
  operations: NAMES.map((name, index) => ({ index, name: `GET ${name}`, node: index, isEntry: index === WEB })),
  edges: CALLS.map(([callerOperation, calleeOperation], index) => ({
    index,
    callerOperation,
    calleeOperation,
    isAsync: calleeOperation === MAIL,
  })),
  programs: [],
};

/** A window in which these nodes look guilty. */
export function guilty(...nodes: number[]): Shown {
  return { topology: TWO_BRANCHES, guilt: Object.fromEntries(nodes.map((node) => [node, 0.97])) };
}
