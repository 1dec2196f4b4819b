// Goal: without feedback everything the detector says is told, word for word; with it, what is told always makes sense:
// nothing is updated or resolved that is not open to whoever listens, and what was dismissed is never just forgotten. What is
// said of one incident leaves the others as they are.
// Method: any story a detector can tell, through the rules, with feedback at any point of it.
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import type { Forecast } from "../../src/contracts/forecast.ts";
import type { Incident, IncidentEvent } from "../../src/contracts/incident.ts";
import { FeedbackRules } from "../../src/detection/feedback-rules.ts";
import { Silencing } from "../../src/detection/silencing.ts";
import { nodeForecast, residual, TOPOLOGY, WINDOW_SECONDS, window } from "../models/baselines/fixtures.ts";
import { aFeedback, anIncident } from "../store/samples.ts";

/** What a detector does in one window. */
interface Step {
  /** Which of the incidents that may be open at one time. */
  readonly which: number;
  readonly does: "open" | "update" | "resolve" | "nothing";
  readonly node: "web" | "cart" | "stock";
  readonly kind: "cpu" | "crash";
  /** Mean service time over the expected one, at every node. */
  readonly factor: number;
  /** The person dismisses the first that is open to them. */
  readonly isDismissed: boolean;
}

/** A detector that notes what it is told to set aside. */
class NotingFollower {
  readonly dismissed = new Set<string>();

  dismiss(id: string): void {
    this.dismissed.add(id);
  }

  readmit(id: string): void {
    this.dismissed.delete(id);
  }
}

const step: fc.Arbitrary<Step> = fc.record({
  which: fc.integer({ min: 0, max: 2 }),
  does: fc.constantFrom("open", "update", "resolve", "nothing"),
  node: fc.constantFrom("web", "cart", "stock"),
  kind: fc.constantFrom("cpu", "crash"),
  factor: fc.double({ min: 1.1, max: 6, noNaN: true }),
  isDismissed: fc.boolean(),
});

function forecastOf(index: number, factor: number): Forecast {
  const service = { ...residual(9), expectedMeanSeconds: 0.01, observedMeanSeconds: 0.01 * factor };
  return { ...window(index), nodes: TOPOLOGY.nodes.map((node) => nodeForecast(node.index, { service })) };
}

/** What a detector says of a window in which it does this with the one of the open incidents. */
function saidOf({ does, which, node, kind }: Step, open: Map<number, Incident>, atSeconds: number): IncidentEvent[] {
  const before = open.get(which);
  if (does === "open" && before === undefined) {
    const id = `i${atSeconds}`;
    const incident = anIncident({ id, guiltyNode: node, kind, onsetSeconds: atSeconds - WINDOW_SECONDS });
    open.set(which, incident);
    return [{ type: "opened", atSeconds, incident }];
  }
  if (does === "update" && before !== undefined) {
    const incident = { ...before, guiltyNode: node, kind };
    open.set(which, incident);
    return [{ type: "updated", atSeconds, incident }];
  }
  if (does === "resolve" && before !== undefined) {
    open.delete(which);
    return [{ type: "resolved", atSeconds, incident: { ...before, state: "resolved", resolvedSeconds: atSeconds } }];
  }
  return [];
}

/** Plays a story of a detector that has up to three incidents open. */
function play(
  steps: readonly Step[],
  isPersonThere: boolean,
  look: (silencing: Silencing, open: readonly Incident[], dismissed: ReadonlySet<string>) => void = () => {},
) {
  const rules = new FeedbackRules();
  const follower = new NotingFollower();
  const silencing = new Silencing(rules, follower);
  const said: IncidentEvent[] = [];
  const told: IncidentEvent[] = [];
  const open = new Map<number, Incident>();
  for (const [index, step] of steps.entries()) {
    const atSeconds = (index + 1) * WINDOW_SECONDS;
    const events = saidOf(step, open, atSeconds);
    said.push(...events);
    told.push(...silencing.take(forecastOf(index, step.factor), events));
    const shown = silencing.openIncidents[0];
    if (isPersonThere && step.isDismissed && shown !== undefined) {
      const silence = { strength: silencing.strengthOf(shown), silentUntilSeconds: atSeconds + 50 };
      const of = { incidentId: shown.id, node: shown.guiltyNode, kind: shown.kind, fromSeconds: shown.onsetSeconds };
      rules.take({ id: index, ...aFeedback(), ...of, ...silence });
      silencing.dismiss(shown.id);
      told.push({ type: "resolved", atSeconds, incident: shown });
    }
    look(silencing, [...open.values()], follower.dismissed);
  }
  return { said, told, silencing };
}

describe("silencing", () => {
  test("tells everything, word for word, while nobody has said anything", () => {
    fc.assert(
      fc.property(fc.array(step, { maxLength: 40 }), (steps) => {
        const { said, told, silencing } = play(steps, false);
        expect(told).toEqual(said);
        expect(silencing.silencedCount).toBe(0);
        expect(silencing.isAnySilenced).toBe(false);
      }),
    );
  });

  test("whatever is dismissed, each incident that is told is opened, then updated, then resolved", () => {
    fc.assert(
      fc.property(fc.array(step, { maxLength: 60 }), (steps) => {
        const open = new Set<string>();
        for (const { type, incident } of play(steps, true).told) {
          expect(open.has(incident.id)).toBe(type !== "opened");
          if (type === "resolved") open.delete(incident.id);
          else open.add(incident.id);
        }
      }),
      { numRuns: 300 },
    );
  });

  test("whatever is open is either open to people or set aside by the detector, never both", () => {
    fc.assert(
      fc.property(fc.array(step, { maxLength: 60 }), (steps) => {
        play(steps, true, (silencing, open, dismissed) => {
          const shown = silencing.openIncidents.map(({ id }) => id);
          const hidden = open.map(({ id }) => id).filter((id) => dismissed.has(id));
          expect([...shown, ...hidden].toSorted()).toEqual(open.map(({ id }) => id).toSorted());
          expect(silencing.isAnySilenced).toBe(hidden.length > 0);
        });
      }),
    );
  });

  test("of one incident leaves the others open", () => {
    const opened = { does: "open", kind: "cpu", factor: 2, isDismissed: false } as const;
    const { silencing, told } = play(
      [
        { ...opened, which: 0, node: "web" },
        { ...opened, which: 1, node: "cart", isDismissed: true },
        { ...opened, which: 1, node: "cart", does: "update" },
      ],
      true,
    );
    expect(silencing.openIncidents.map(({ guiltyNode }) => guiltyNode)).toEqual(["cart"]);
    expect(told.map(({ type, incident }) => [type, incident.guiltyNode])).toEqual([
      ["opened", "web"],
      ["opened", "cart"],
      ["resolved", "web"],
      ["updated", "cart"],
    ]);
  });

  test("does not tell a dismissed incident again because a later window guesses another kind of the same strength", () => {
    const same = { which: 0, does: "update", node: "web", factor: 2, isDismissed: false } as const;
    const opened = { ...same, does: "open", kind: "cpu", isDismissed: true } as const;
    const { told } = play([opened, { ...same, kind: "crash" }, { ...same, kind: "crash" }], true);
    expect(told.map(({ type }) => type)).toEqual(["opened", "resolved"]);
  });

  test("tells it again when its evidence points to another node", () => {
    const same = { which: 0, does: "update", kind: "cpu", factor: 2, isDismissed: false } as const;
    const opened = { ...same, does: "open", node: "web", isDismissed: true } as const;
    const { told, silencing } = play([opened, { ...same, node: "cart" }], true);
    expect(told.map(({ type, incident }) => [type, incident.guiltyNode])).toEqual([
      ["opened", "web"],
      ["resolved", "web"],
      ["opened", "cart"],
    ]);
    expect(silencing.openIncidents[0]!.guiltyNode).toBe("cart");
  });

  test("lets traffic verdicts through: they are no alarms", () => {
    const incident = anIncident({ verdict: "traffic", kind: "traffic" });
    const event: IncidentEvent = { type: "opened", atSeconds: 10, incident };
    const silencing = new Silencing(new FeedbackRules(), new NotingFollower());
    expect(silencing.take(forecastOf(0, 1), [event])).toEqual([event]);
    expect(silencing.openIncidents).toEqual([]);
  });
});
