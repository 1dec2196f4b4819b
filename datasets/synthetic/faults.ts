import type { FaultKind } from "../../src/contracts/score.ts";
import type { Clock } from "./clock.ts";
import type { RunningInstance, RunningService } from "./running-service.ts";

/** Kinds that can be played; a synthetic application has no consumers that could be slow. */
export type SyntheticFaultKind = Exclude<FaultKind, "slow-consumer">;

/** What can be made wrong with a service for a while. */
export interface SyntheticFault {
  /**
   * `slow-code`, and `slow-dependency` at a leaf: own work × `size`. `bad-replica`: the same at its first instance only.
   * `cpu`: its work stands still for `size` of every tenth of a second, as a CPU quota makes it.
   * `pause`: its work stands still for `size` seconds, every two seconds. `capacity`: workers or processors × `size`
   * (workers rounded, at least 1). `network-delay`: `size` seconds more for every call of it, there and back.
   * `network-loss`: chance of a message to or from it to be lost and sent again. `cache-miss`: share of its visits that make
   * the first of their calls twice more. `crash`: all calls of it fail at once; `size` says nothing.
   */
  readonly kind: SyntheticFaultKind;
  readonly service: number;
  readonly size: number;
  readonly fromSeconds: number;
  readonly untilSeconds: number;
}

const QUOTA_PERIOD_SECONDS = 0.1;
const PAUSE_INTERVAL_SECONDS = 2;

type Effect = (service: RunningService, size: number, isOn: boolean) => void;

const slower: Effect = (service, size, isOn) => {
  service.workFactor = isOn ? size : 1;
};

/** What begins with a fault and ends with it. */
const EFFECTS: Readonly<Partial<Record<SyntheticFaultKind, Effect>>> = {
  "slow-code": slower,
  "slow-dependency": slower,
  "bad-replica": (service, size, isOn) => {
    service.instances[0]!.workFactor = isOn ? size : 1;
  },
  capacity: (service, size, isOn) => {
    service.scaleServers(isOn ? size : 1);
  },
  "network-delay": (service, size, isOn) => {
    service.addedGapSeconds = isOn ? size : 0;
  },
  "network-loss": (service, size, isOn) => {
    service.lossProbability = isOn ? size : 0;
  },
  "cache-miss": (service, size, isOn) => {
    service.moreCallsShare = isOn ? size : 0;
  },
  crash: (service, _, isOn) => {
    service.isDown = isOn;
  },
};

/** Puts the beginning and the end of a fault into the run's diary. */
export function planFault(fault: SyntheticFault, service: RunningService, clock: Clock): void {
  const { kind, size, fromSeconds, untilSeconds } = fault;
  const effect = EFFECTS[kind];
  if (effect !== undefined) {
    clock.at(fromSeconds, () => effect(service, size, true));
    clock.at(untilSeconds, () => effect(service, size, false));
    return;
  }
  const rhythm =
    kind === "cpu"
      ? { everySeconds: QUOTA_PERIOD_SECONDS, forSeconds: size * QUOTA_PERIOD_SECONDS }
      : { everySeconds: PAUSE_INTERVAL_SECONDS, forSeconds: size };
  for (const instance of service.instances) standStill(instance, clock, { fault, ...rhythm });
}

function standStill(
  instance: RunningInstance,
  clock: Clock,
  { fault, everySeconds, forSeconds }: { fault: SyntheticFault; everySeconds: number; forSeconds: number },
): void {
  const stop = (): void => {
    if (clock.nowSeconds >= fault.untilSeconds) return;
    instance.pause();
    clock.after(forSeconds, () => instance.goOn());
    clock.after(everySeconds, stop);
  };
  clock.at(fault.fromSeconds, stop);
}
