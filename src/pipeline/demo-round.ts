import type { TestbedEvent } from "../../datasets/testbed/events.ts";
import type { IncidentEvent } from "../contracts/incident.ts";

/** A fault counts as found when its incident opens this long after its end at the latest. */
const FOUND_GRACE_SECONDS = 15;
/** An incident that opens this little before the injection was announced is still of it: clocks and windows. */
const EARLY_SECONDS = 6;

interface Phase {
  readonly name: string;
  readonly shape: string;
  readonly factor: number;
  readonly startSeconds: number;
  endSeconds: number | null;
}

interface Injection {
  readonly service: string;
  readonly fault: string;
  readonly startSeconds: number;
  endSeconds: number | null;
}

export interface RoundReport {
  readonly ok: boolean;
  readonly reasons: readonly string[];
  readonly injected: readonly Injection[];
  readonly found: readonly {
    readonly service: string;
    readonly kind: string;
    readonly openedSeconds: number;
    readonly resolvedSeconds: number | null;
    readonly summary: string;
  }[];
  readonly surge: {
    readonly isSilent: boolean;
    readonly isShownAsTraffic: boolean;
    readonly summary: string | null;
    readonly bottleneck: string;
    readonly bottleneckUtilization: number;
    readonly hostCpuShare: number;
    readonly isValid: boolean;
    readonly invalidReasons: readonly string[];
  } | null;
  readonly readyAfterSeconds: number | null;
  readonly totalSeconds: number;
  readonly kindIsRight: boolean;
}

/** Follows one round of the demo: what the testbed did, what the line said, and whether that is what should be. */
export class DemoRound {
  readonly #phases: Phase[] = [];
  readonly #injections: Injection[] = [];
  readonly #events: IncidentEvent[] = [];
  #surgeStats: Extract<TestbedEvent, { event: "stats" }> | null = null;
  #readySeconds: number | null = null;
  #firstSeconds: number | null = null;

  takeTestbed(event: TestbedEvent): void {
    const last = this.#phases.at(-1);
    if (event.event === "load") {
      if (last !== undefined) {
        last.endSeconds ??= event.atSeconds;
      }
      this.#firstSeconds ??= event.atSeconds;
      this.#phases.push({
        name: event.phase,
        shape: event.shape,
        factor: event.factor,
        startSeconds: event.atSeconds,
        endSeconds: null,
      });
    } else if (event.event === "fault-start") {
      this.#injections.push({
        service: event.service,
        fault: event.fault,
        startSeconds: event.atSeconds,
        endSeconds: null,
      });
    } else if (event.event === "fault-end") {
      const injection = this.#injections.findLast((each) => each.service === event.service);
      if (injection !== undefined) {
        injection.endSeconds = event.atSeconds;
      }
    } else if (event.event === "stats" && event.phase !== null && event.phase === this.#surge?.name) {
      this.#surgeStats = event;
    }
  }

  takeIncident(event: IncidentEvent): void {
    this.#events.push(event);
  }

  /** The twin gave its first verdict. */
  takeReady(atSeconds: number): void {
    this.#readySeconds ??= atSeconds;
  }

  get #surge(): Phase | undefined {
    return this.#phases.find((phase) => phase.factor > 1.5);
  }

  report(nowSeconds: number): RoundReport {
    const reasons: string[] = [];
    const faults = this.#latest("fault");
    const [injection] = this.#injections;
    const surge = this.#surgeReport();
    const first = this.#firstSeconds ?? nowSeconds;
    if (this.#readySeconds === null) {
      reasons.push("the twin never got ready");
    } else if (this.#surge !== undefined && this.#readySeconds > this.#surge.startSeconds) {
      reasons.push("the twin was not ready when the surge began");
    }
    if (surge === null) {
      reasons.push("there was no surge");
    } else {
      reasons.push(...surge.invalidReasons.map((reason) => `the run is not valid: ${reason}`));
      if (!surge.isSilent) {
        reasons.push("an incident opened before the fault");
      }
      if (!surge.isShownAsTraffic) {
        reasons.push("the surge was not shown as traffic");
      }
    }
    reasons.push(...faultReasons(injection, faults));
    return {
      ok: reasons.length === 0,
      reasons,
      injected: this.#injections,
      found: faults.map(({ incident }) => ({
        service: incident.guiltyNode,
        kind: incident.kind,
        openedSeconds: incident.openedSeconds,
        resolvedSeconds: incident.resolvedSeconds,
        summary: incident.summary,
      })),
      surge,
      readyAfterSeconds: this.#readySeconds === null ? null : this.#readySeconds - first,
      totalSeconds: nowSeconds - first,
      kindIsRight: injection !== undefined && faults[0]?.incident.kind === injection.fault,
    };
  }

  #surgeReport(): RoundReport["surge"] {
    const surge = this.#surge;
    const stats = this.#surgeStats;
    if (surge === undefined || stats === null) {
      return null;
    }
    const faultStart = this.#injections[0]?.startSeconds ?? Number.POSITIVE_INFINITY;
    const early = this.#latest("fault").some(({ incident }) => incident.openedSeconds < faultStart - EARLY_SECONDS);
    const surgeEnd = surge.endSeconds ?? Number.POSITIVE_INFINITY;
    const traffic = this.#latest("traffic").find(
      ({ incident }) =>
        incident.openedSeconds >= surge.startSeconds && incident.openedSeconds <= surgeEnd + EARLY_SECONDS,
    );
    return {
      isSilent: !early,
      isShownAsTraffic: traffic !== undefined,
      summary: traffic?.incident.summary ?? null,
      bottleneck: stats.validity.bottleneck,
      bottleneckUtilization: stats.validity.bottleneckUtilization,
      hostCpuShare: stats.validity.hostCpuShare,
      isValid: stats.validity.isValid,
      invalidReasons: stats.validity.reasons,
    };
  }

  /** The last event of each incident with this verdict, in order of opening. */
  #latest(verdict: "fault" | "traffic"): IncidentEvent[] {
    const latest = new Map<string, IncidentEvent>();
    for (const event of this.#events) {
      if (event.incident.verdict === verdict) {
        latest.set(event.incident.id, event);
      }
    }
    return [...latest.values()];
  }
}

function faultReasons(injection: Injection | undefined, faults: readonly IncidentEvent[]): string[] {
  if (injection === undefined) {
    return ["no fault was injected"];
  }
  const end = injection.endSeconds ?? Number.POSITIVE_INFINITY;
  const during = faults.filter(
    ({ incident }) =>
      incident.openedSeconds >= injection.startSeconds - EARLY_SECONDS &&
      incident.openedSeconds <= end + FOUND_GRACE_SECONDS,
  );
  const [found] = during;
  if (found === undefined) {
    return [`the fault at ${injection.service} was not found`];
  }
  const reasons: string[] = [];
  const named = found.incident.suspectsAtOpening[0]?.node;
  if (named !== injection.service) {
    reasons.push(`the fault at ${injection.service} was put down to ${named ?? "nobody"}`);
  }
  if (during.length > 1) {
    reasons.push(`${during.length} incidents opened for one fault`);
  }
  if (found.incident.state !== "resolved") {
    reasons.push("the incident was not resolved when the fault had ended");
  }
  return reasons;
}
