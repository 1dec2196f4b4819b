import type { NodeForecast, Residual } from "../contracts/forecast.ts";
import type { FaultKind } from "../contracts/score.ts";
import { isMaterialRise } from "./floors.ts";

/** `118 ms`, `1.2 s`, `0.4 ms`. */
export function duration(seconds: number): string {
  if (!Number.isFinite(seconds)) {
    return "unknown";
  }
  const milliseconds = seconds * 1000;
  if (milliseconds < 10) {
    return `${milliseconds.toFixed(1)} ms`;
  }
  return milliseconds < 1000 ? `${milliseconds.toFixed(0)} ms` : `${seconds.toFixed(1)} s`;
}

export function percent(share: number): string {
  return `${(100 * share).toFixed(0)} %`;
}

export function rate(perSecond: number): string {
  return `${perSecond >= 10 ? perSecond.toFixed(0) : perSecond.toFixed(1)} requests/s`;
}

const KIND_WORDS: Readonly<Record<FaultKind, string>> = {
  "slow-code": "slower code",
  cpu: "CPU shortage",
  capacity: "lost capacity",
  "network-delay": "network delay",
  "network-loss": "network loss",
  pause: "periodic pauses",
  "slow-dependency": "slow dependency",
  "cache-miss": "changed call pattern",
  "bad-replica": "one bad replica",
  "slow-consumer": "slow consumer",
  crash: "crash",
};

export function kindWords(kind: FaultKind): string {
  return KIND_WORDS[kind];
}

/** What the twin sees at a node, strongest first: the evidence in words. */
export function evidenceWords(node: NodeForecast, instanceName: string | null): string {
  const parts: string[] = [];
  const say = (words: string, residual: Residual | null): void => {
    if (residual !== null && isMaterialRise(residual) && residual.z > 2) {
      const observed = duration(residual.observedMeanSeconds);
      parts.push(
        `${words} ${observed}, ${duration(residual.expectedMeanSeconds)} expected (${residual.z.toFixed(1)}σ)`,
      );
    }
  };
  say("service time", node.service);
  say("time between caller and callee", node.gapIn);
  say("message lag", node.lag);
  if (parts.length === 0) {
    say("time in it", node.sojourn);
  }
  if (node.missingExcess > 0.02) {
    parts.push(`${percent(node.missingExcess)} of calls to it were never answered`);
  }
  if (node.errorExcess > 0.02) {
    parts.push(`${percent(node.errorExcess)} more errors than usual`);
  }
  if (node.programShift > 0.1) {
    parts.push(`its call pattern changed for ${percent(node.programShift)} of visits`);
  }
  if (instanceName !== null && node.instanceSpread > 0.2) {
    parts.push(`instance ${instanceName} stands out`);
  }
  return parts.length === 0 ? "residuals within their bands" : parts.join("; ");
}
