// Goal: without feedback everything the detector says is told, word for word; with it, what is told always makes sense:
// nothing is updated or resolved that is not open to whoever listens, and what was dismissed is never just forgotten.
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
  readonly does: "open" | "update" | "resolve" | "nothing";
  readonly node: "web" | "cart" | "stock";
  readonly kind: "cpu" | "crash";
  /** Mean service time over the expected one, at every node. */
  readonly factor: number;
  /** The person dismisses what is open to them. */
  readonly isDismissed: boolean;
}

/** A detector that does not mind. */
const NOBODY = { dismiss: () => {}, readmit: () => {} };

const step: fc.Arbitrary<Step> = fc.record({
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

/** Plays a story; a detector has one incident open at most. */
function play(steps: readonly Step[], isPersonThere: boolean) {
  const rules = new FeedbackRules();
  const silencing = new Silencing(rules, NOBODY);
  const said: IncidentEvent[] = [];
  const told: IncidentEvent[] = [];
  let open = null as Incident | null;
  for (const [index, { does, node, kind, factor, isDismissed }] of steps.entries()) {
    const atSeconds = (index + 1) * WINDOW_SECONDS;
    const events: IncidentEvent[] = [];
    if (does === "open" && open === null) {
      open = anIncident({ id: `i${index}`, guiltyNode: node, kind, onsetSeconds: atSeconds - WINDOW_SECONDS });
      events.push({ type: "opened", atSeconds, incident: open });
    } else if (does === "update" && open !== null) {
      open = { ...open, guiltyNode: node, kind };
      events.push({ type: "updated", atSeconds, incident: open });
    } else if (does === "resolve" && open !== null) {
      events.push({
        type: "resolved",
        atSeconds,
        incident: { ...open, state: "resolved", resolvedSeconds: atSeconds },
      });
      open = null;
    }
    said.push(...events);
    told.push(...silencing.take(forecastOf(index, factor), events));
    const shown = silencing.openIncidents[0];
    if (isPersonThere && isDismissed && shown !== undefined) {
      const silence = { strength: silencing.strengthOf(shown), silentUntilSeconds: atSeconds + 50 };
      const of = { incidentId: shown.id, node: shown.guiltyNode, kind: shown.kind, fromSeconds: shown.onsetSeconds };
      rules.take({ id: index, ...aFeedback(), ...of, ...silence });
      silencing.dismiss(shown.id);
      told.push({ type: "resolved", atSeconds, incident: shown });
    }
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

  test("what is open to people is never silenced at the same time", () => {
    fc.assert(
      fc.property(fc.array(step, { maxLength: 60 }), (steps) => {
        const { silencing } = play(steps, true);
        expect(silencing.isAnySilenced && silencing.openIncidents.length > 0).toBe(false);
      }),
    );
  });

  test("does not tell a dismissed incident again because a later window guesses another kind of the same strength", () => {
    const same = { does: "update", node: "web", factor: 2, isDismissed: false } as const;
    const opened = { ...same, does: "open", kind: "cpu", isDismissed: true } as const;
    const { told } = play([opened, { ...same, kind: "crash" }, { ...same, kind: "crash" }], true);
    expect(told.map(({ type }) => type)).toEqual(["opened", "resolved"]);
  });

  test("tells it again when its evidence points to another node", () => {
    const same = { does: "update", kind: "cpu", factor: 2, isDismissed: false } as const;
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
    const silencing = new Silencing(new FeedbackRules(), NOBODY);
    expect(silencing.take(forecastOf(0, 1), [event])).toEqual([event]);
    expect(silencing.openIncidents).toEqual([]);
  });
});
