import type { Phase } from "../contracts/api.ts";
import type { Live } from "./live.ts";

/** Answer of `/readyz`. */
export interface Readiness {
  readonly ready: boolean;
  readonly phase: Phase;
  readonly detail: string;
  /** `state` is "ready" or "learning, n of m", in visits. */
  readonly services: readonly { readonly node: string; readonly isReady: boolean; readonly state: string }[];
}

export function readinessOf(live: Live): Readiness {
  const { ready, detail } = live.health();
  const { phase, readiness } = live.status();
  const services = readiness.map(({ node, isReady, visitsLearned, visitsNeeded }) => ({
    node,
    isReady,
    state: isReady ? "ready" : `learning, ${visitsLearned} of ${visitsNeeded}`,
  }));
  return { ready, phase, detail, services };
}
