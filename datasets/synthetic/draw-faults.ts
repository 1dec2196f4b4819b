import { FAULT_KINDS } from "../../src/contracts/score.ts";
import type { RandomStream } from "../testbed/random.ts";
import { type Application, meanWorkSeconds, serverCountOf, visitsPerRequest } from "./application.ts";
import type { SyntheticFault, SyntheticFaultKind } from "./faults.ts";

/** A stretch of time under one load, in which something may be made wrong. */
export interface FaultSlot {
  readonly fromSeconds: number;
  readonly untilSeconds: number;
  /** Requests a second. */
  readonly ratePerSecond: number;
}

/** What is known of a service that may be made faulty. */
interface Target {
  readonly service: number;
  readonly isLeaf: boolean;
  readonly isEntry: boolean;
  readonly replicaCount: number;
  readonly visitsPerSecond: number;
  readonly utilization: number;
  /** Own work of a visit. */
  readonly workSeconds: number;
  readonly makesCalls: boolean;
}

/** Fewer than this and a window holds next to nothing of it. */
const VISITS_PER_SECOND_MIN = 2;
/** A fault may overload its service, but not by so much that the backlog outlasts the pause after it. */
const OVERLOAD_MAX = 1.15;
/** A loss of servers shows only where most of them are needed. */
const CAPACITY_UTILIZATION_MIN = 0.3;

const KINDS = FAULT_KINDS.filter((kind): kind is SyntheticFaultKind => kind !== "slow-consumer");

/** A fault that shows in the slot: its kind drawn evenly among those that can, then its service, then its size. */
export function drawFault(application: Application, slot: FaultSlot, random: RandomStream): SyntheticFault {
  const targets = targetsOf(application, slot.ratePerSecond);
  const possible = KINDS.filter((kind) => targets.some((target) => canShow(kind, target)));
  const kind = possible[Math.floor(random() * possible.length)]!;
  const fitting = targets.filter((target) => canShow(kind, target));
  const target = fitting[Math.floor(random() * fitting.length)]!;
  const { fromSeconds, untilSeconds } = slot;
  return { kind, service: target.service, size: drawSize(kind, target, random), fromSeconds, untilSeconds };
}

function targetsOf(application: Application, ratePerSecond: number): Target[] {
  const visits = visitsPerRequest(application);
  const entries = new Set(application.entries.map(({ operation }) => application.operations[operation]!.service));
  return application.services.map((service, index) => {
    const own = application.operations.flatMap((operation, k) =>
      operation.service === index ? [{ operation, k }] : [],
    );
    const visitRatio = own.reduce((sum, { k }) => sum + visits[k]!, 0);
    const workRatio = own.reduce((sum, { operation, k }) => sum + visits[k]! * meanWorkSeconds(operation), 0);
    return {
      service: index,
      isLeaf: service.isLeaf,
      isEntry: entries.has(index),
      replicaCount: service.replicaCount,
      visitsPerSecond: visitRatio * ratePerSecond,
      utilization: (workRatio * ratePerSecond) / (serverCountOf(service.station) * service.replicaCount),
      workSeconds: workRatio / Math.max(1e-9, visitRatio),
      makesCalls: own.some(({ operation }) => operation.programs[0]!.groups.length > 0),
    };
  });
}

function canShow(kind: SyntheticFaultKind, target: Target): boolean {
  if (target.visitsPerSecond < VISITS_PER_SECOND_MIN) return false;
  if (target.isLeaf) return kind === "slow-dependency" || kind === "network-delay" || kind === "network-loss";
  if (kind === "capacity") return target.utilization >= CAPACITY_UTILIZATION_MIN;
  if (kind === "bad-replica") return target.replicaCount > 1;
  if (kind === "cache-miss") return target.makesCalls;
  if (kind === "crash" || kind === "network-delay" || kind === "network-loss") return !target.isEntry;
  return kind !== "slow-dependency";
}

function drawSize(kind: SyntheticFaultKind, target: Target, random: RandomStream): number {
  const between = (low: number, high: number): number => low * (high / low) ** random();
  const bearable = OVERLOAD_MAX / Math.max(0.01, target.utilization);
  switch (kind) {
    case "slow-code":
    case "bad-replica":
      return Math.max(1.5, Math.min(between(1.6, 5), bearable));
    case "slow-dependency":
      return between(2, 8);
    case "cpu":
      return Math.max(0.3, Math.min(between(0.3, 0.75), 1 - 1 / bearable));
    case "capacity":
      return Math.max(target.utilization / OVERLOAD_MAX, between(0.3, 0.55));
    case "network-delay":
      return Math.max(0.004, between(0.5, 6) * target.workSeconds);
    case "network-loss":
      return between(0.04, 0.25);
    case "pause":
      return between(0.15, 0.8);
    case "cache-miss":
      return between(0.5, 1);
    case "crash":
      return 1;
  }
}
