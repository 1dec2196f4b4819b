import type { Phase } from "../contracts/api.ts";
import type { Live } from "./live.ts";

/** Answer of `/readyz`. */
export interface Readiness {
  readonly ready: boolean;
  readonly phase: Phase;
  readonly detail: string;
  /** What an OK to a sender means. */
  readonly promise: string;
  /** Share of the journal that was read again since the start; null when all of it was. */
  readonly recoveredShare: number | null;
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
  return { ready, phase, detail, ...live.keeping(), services };
}
