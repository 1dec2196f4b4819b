import type { Phase } from "../contracts/api.ts";
import type { Live } from "./live.ts";

/**
 * Answer of `/readyz`. Ready means that telemetry is taken in: who balances load sends none to what is not ready, so a
 * server that was not ready while it learns would never learn. Whether verdicts are given stands in `phase`.
 */
export interface Readiness {
  readonly ready: boolean;
  readonly phase: Phase;
  readonly detail: string;
  /** What the acknowledgement of a request promises. */
  readonly acknowledgement: string;
  /** `state` is "ready" or "learning, n of m", in visits. */
  readonly services: readonly { readonly node: string; readonly isReady: boolean; readonly state: string }[];
}

export function readinessOf(live: Live): Readiness {
  const { isAccepting, detail: obstacle, acknowledgement } = live.intake();
  const { phase, readiness } = live.status();
  const services = readiness.map(({ node, isReady, visitsLearned, visitsNeeded }) => ({
    node,
    isReady,
    state: isReady ? "ready" : `learning, ${visitsLearned} of ${visitsNeeded}`,
  }));
  const detail = isAccepting ? live.health().detail : obstacle;
  return { ready: isAccepting, phase, detail, acknowledgement, services };
}
