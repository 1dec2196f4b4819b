import type { Incident, IncidentEvent } from "../contracts/incident.ts";

/** An incident as a person saw it: when it first said "fault", what it said then, and what it said last. */
export interface Alarm {
  readonly id: string;
  /** Event time of the event that raised it, not the onset it claims. */
  readonly openedSeconds: number;
  readonly atOpening: Incident;
  readonly atEnd: Incident;
}

/** A "traffic, not fault" verdict; never an alarm. `resolvedSeconds` is Infinity while it is open. */
export interface TrafficVerdict {
  readonly openedSeconds: number;
  readonly resolvedSeconds: number;
  readonly bottleneckNode: string | null;
}

/** Alarms by time of opening, then id: the order in which events were handed over does not matter. */
export function alarmsOf(events: readonly IncidentEvent[]): Alarm[] {
  const alarms: Alarm[] = [];
  for (const [id, history] of historiesOf(events)) {
    const opening = history.find((event) => event.incident.verdict === "fault");
    if (opening === undefined) continue;
    alarms.push({ id, openedSeconds: opening.atSeconds, atOpening: opening.incident, atEnd: history.at(-1)!.incident });
  }
  return alarms.toSorted(byOpening);
}

/** Verdicts that were "traffic" when they opened. */
export function trafficVerdictsOf(events: readonly IncidentEvent[]): TrafficVerdict[] {
  const verdicts: TrafficVerdict[] = [];
  for (const history of historiesOf(events).values()) {
    const first = history[0]!;
    if (first.incident.verdict !== "traffic") continue;
    const resolved = history.find((event) => event.type === "resolved");
    const named = history.findLast((event) => event.incident.bottleneck !== null);
    verdicts.push({
      openedSeconds: first.atSeconds,
      resolvedSeconds: resolved?.atSeconds ?? Number.POSITIVE_INFINITY,
      bottleneckNode: named?.incident.bottleneck?.node ?? null,
    });
  }
  return verdicts.toSorted((a, b) => a.openedSeconds - b.openedSeconds);
}

function historiesOf(events: readonly IncidentEvent[]): Map<string, IncidentEvent[]> {
  const histories = new Map<string, IncidentEvent[]>();
  for (const event of events.toSorted((a, b) => a.atSeconds - b.atSeconds || STAGE[a.type] - STAGE[b.type])) {
    const history = histories.get(event.incident.id);
    if (history === undefined) histories.set(event.incident.id, [event]);
    else history.push(event);
  }
  return histories;
}

/** Order of events of the same instant. */
const STAGE = { opened: 0, updated: 1, resolved: 2 } as const;

function byOpening(a: Alarm, b: Alarm): number {
  if (a.openedSeconds !== b.openedSeconds) return a.openedSeconds - b.openedSeconds;
  return a.id < b.id ? -1 : 1;
}
