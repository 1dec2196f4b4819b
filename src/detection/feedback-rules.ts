import type { Feedback } from "../contracts/feedback.ts";
import type { Incident } from "../contracts/incident.ts";
import type { FaultKind } from "../contracts/score.ts";
import type { TimeRange } from "../contracts/settings.ts";
import { kindWords } from "./wording.ts";

/** How long "not a fault" holds, event time. */
export const DISMISSED_SECONDS = 24 * 3600;
/** Evidence as much stronger than what was dismissed is news. */
const STRONGER_RATIO = 1.5;
/** Silences, ranges and labels that are remembered, of each; the oldest go first. */
const RULES_MAX = 1000;

/** No alarm for this kind at this node (null: any), while the evidence is no stronger and the time is not up. */
interface Silence {
  /** Null for a range. */
  readonly incidentId: string | null;
  readonly node: string;
  readonly kind: string | null;
  readonly strength: number;
  readonly fromSeconds: number;
  readonly untilSeconds: number;
}

interface Label {
  readonly node: string;
  readonly kind: FaultKind;
}

/** What people have said, as far as it bears on what is decided next. Knows nothing of detectors. */
export class FeedbackRules {
  #silences: Silence[] = [];
  /** Ranges in which nothing counts, anywhere. */
  #ignored: TimeRange[] = [];
  #labels = new Map<string, Label>();

  take(feedback: Feedback): void {
    const { type, incidentId, node, fromSeconds, toSeconds } = feedback;
    if (incidentId !== null) {
      // Who says something else of the same incident has changed their mind.
      this.#silences = this.#silences.filter((each) => each.incidentId !== incidentId);
      this.#labels.delete(incidentId);
    }
    if (type === "fault") {
      this.#label(feedback);
    } else if (type !== "ignore") {
      this.#silence(feedback);
    } else if (node === null) {
      this.#ignored = [...this.#ignored, { fromSeconds, toSeconds }].slice(-RULES_MAX);
    } else {
      const strength = Number.POSITIVE_INFINITY;
      this.#add({ incidentId, node, kind: null, strength, fromSeconds, untilSeconds: toSeconds });
    }
  }

  /**
   * True when a fault of this kind at this node is not to be told.
   *
   * @param strength of the evidence now, in the measure of `strengthOf`
   */
  isSilenced(node: string, kind: string, strength: number, atSeconds: number): boolean {
    this.#silences = this.#silences.filter((each) => each.untilSeconds > atSeconds);
    return this.#silences.some(
      (each) =>
        each.node === node &&
        (each.kind === null || each.kind === kind) &&
        atSeconds >= each.fromSeconds &&
        strength < STRONGER_RATIO * each.strength,
    );
  }

  /** True for a window that lies, wholly or in part, in a range that is ignored everywhere. */
  isIgnored(window: { readonly startSeconds: number; readonly endSeconds: number }): boolean {
    return this.#ignored.some(
      (range) => window.startSeconds < range.toSeconds && window.endSeconds > range.fromSeconds,
    );
  }

  /** The incident with the verdict that a person gave it, or as it is when nobody did. */
  labelled(incident: Incident): Incident {
    const label = this.#labels.get(incident.id);
    return label === undefined ? incident : labelledIncident(incident, label.node, label.kind);
  }

  snapshot() {
    return { silences: [...this.#silences], ignored: [...this.#ignored], labels: new Map(this.#labels) };
  }

  restore({ silences, ignored, labels }: ReturnType<FeedbackRules["snapshot"]>): void {
    this.#silences = silences;
    this.#ignored = ignored;
    this.#labels = labels;
  }

  #label({ incidentId, node, kind }: Feedback): void {
    if (incidentId !== null && node !== null && kind !== null && kind !== "traffic") {
      this.#labels.set(incidentId, { node, kind });
      if (this.#labels.size > RULES_MAX) {
        this.#labels.delete(this.#labels.keys().next().value!);
      }
    }
  }

  #silence({ type, incidentId, node, kind, strength, fromSeconds, silentUntilSeconds }: Feedback): void {
    if (node !== null && strength !== null && silentUntilSeconds !== null) {
      // A new normal may look like another kind while it is learned.
      const silenced = type === "new-normal" ? null : kind;
      // From the onset on: windows that ended before it was said are judged after it.
      this.#add({ incidentId, node, kind: silenced, strength, fromSeconds, untilSeconds: silentUntilSeconds });
    }
  }

  #add(silence: Silence): void {
    this.#silences = [...this.#silences, silence].slice(-RULES_MAX);
  }
}

const FOUND = /^Confirmed: .*? It was found as: /;

/** An incident with a person's verdict in the place of the one that was found, which the summary still tells. */
export function labelledIncident(incident: Incident, node: string, kind: FaultKind): Incident {
  const found = incident.summary.replace(FOUND, "");
  return {
    ...incident,
    verdict: "fault",
    guiltyNode: node,
    kind,
    confidence: 1,
    summary: `Confirmed: ${kindWords(kind)} at ${node}. It was found as: ${found}`,
    feedback: "confirmed",
  };
}
