// Goal: feedback reaches the line exactly as it was sent, and what is no feedback reaches nobody and is told why.
// Method: requests over a real connection; whoever takes feedback only notes it, or refuses as it is told to.
import { afterAll, afterEach, beforeAll, describe, expect, test } from "vitest";

import { SettingsError } from "../../src/contracts/errors.ts";
import { FAULT_KINDS } from "../../src/contracts/score.ts";
import { aDeployment, aFeedback, anIncident } from "../store/samples.ts";
import { type RunningApi, runApi } from "./running-api.ts";

const PATH = "/api/v1/feedback";
const JSON_TYPE = { "content-type": "application/json" };
const id = anIncident().id;
let running: RunningApi;
beforeAll(async () => {
  running = await runApi();
  await running.store.putIncident(anIncident());
});
afterEach(() => {
  running.feedback.given.length = 0;
  running.feedback.refusal = null;
});
afterAll(() => running.stop());

function send(body: unknown, headers: Record<string, string> = JSON_TYPE) {
  const text = typeof body === "string" ? body : JSON.stringify(body);
  return running.ask(PATH, { method: "POST", headers, body: text });
}

describe("feedback that is given", () => {
  test("reaches whoever takes it, and is answered with what was noted", async () => {
    const request = { type: "fault", incidentId: id, kind: "cpu", service: "pricing", note: "noisy neighbour" };
    const answer = await send(request);
    expect(running.feedback.given).toEqual([request]);
    expect([answer.status, answer.json()]).toEqual([201, { id: 1, ...aFeedback() }]);
  });

  test("is listed", async () => {
    await send({ type: "not-a-fault", incidentId: id });
    await send({ type: "ignore", fromSeconds: 10, toSeconds: 20.5 });
    const listed = async (query: string) =>
      ((await running.ask(`${PATH}${query}`)).json() as { feedback: unknown[] }).feedback;
    expect(await listed("")).toHaveLength(2);
    expect(await listed("?limit=1")).toEqual([{ id: 1, ...aFeedback() }]);
  });

  test("that does not fit the incident as it is now is refused with 409 and the reason", async () => {
    running.feedback.refusal = new SettingsError("incidentId", id, "is over");
    const answer = await send({ type: "new-normal", incidentId: id });
    expect([answer.status, answer.json()]).toEqual([409, { error: `incidentId: "${id}" is over` }]);
  });
});

describe("what is no feedback", () => {
  test.each([
    [{}, 400, "type: null must be one of not-a-fault, new-normal, fault, ignore"],
    [{ type: "constructor" }, 400, 'type: "constructor" must be one of not-a-fault, new-normal, fault, ignore'],
    [{ type: "not-a-fault" }, 400, "incidentId: is missing, must have 1 to 1000 characters"],
    [{ type: "not-a-fault", incidentId: 7 }, 400, "incidentId: 7 must have 1 to 1000 characters"],
    [{ type: "not-a-fault", incidentId: "none" }, 404, 'incidentId: "none" is no incident'],
    [{ type: "fault", incidentId: id, kind: "slow" }, 400, `kind: "slow" must be one of ${FAULT_KINDS.join(", ")}`],
    [{ type: "ignore", fromSeconds: "now", toSeconds: 2 }, 400, 'fromSeconds: "now" must be a time in unix seconds'],
    [
      { type: "ignore", fromSeconds: 1_700_000_000_000, toSeconds: 2 },
      400,
      "fromSeconds: 1700000000000 must be a time in unix seconds",
    ],
    [{ type: "not-a-fault", incidentId: id, until: 9 }, 400, "until: 9 is not known: take type, incidentId, note"],
    [[], 400, "the body must be a JSON object"],
    ["{", 400, "the body is not valid JSON"],
  ])("%j is refused: %d %s", async (body, status, error) => {
    const answer = await send(body);
    expect(answer.json()).toEqual({ error });
    expect(answer.status).toBe(status);
    expect(running.feedback.given).toEqual([]);
  });

  test("a body of another type, without one, or too long is refused", async () => {
    const body = JSON.stringify({ type: "not-a-fault", incidentId: id });
    expect((await send(body, { "content-type": "text/plain" })).status).toBe(415);
    expect((await send(body, {})).status).toBe(415);
    expect((await send({ type: "not-a-fault", incidentId: id, note: "x".repeat(20_000) })).status).toBe(413);
    expect(running.feedback.given).toEqual([]);
  });

  test("from another site is refused: a page elsewhere cannot silence alarms", async () => {
    const foreign = { ...JSON_TYPE, origin: "https://evil.example" };
    expect((await send({ type: "not-a-fault", incidentId: id }, foreign)).status).toBe(403);
    expect(running.feedback.given).toEqual([]);
  });

  test("another method is refused with what is allowed", async () => {
    const answer = await running.ask(PATH, { method: "DELETE" });
    expect([answer.status, answer.headers.allow]).toEqual([405, "GET, HEAD, POST"]);
  });
});

test("deployments are listed newest first, all or of one node", async () => {
  await running.store.putDeployment(aDeployment({ atSeconds: 10 }));
  await running.store.putDeployment(aDeployment({ node: "cart", version: "7", atSeconds: 20 }));
  const nodes = async (query: string) => {
    const { deployments } = (await running.ask(`/api/v1/deployments${query}`)).json() as {
      deployments: { node: string }[];
    };
    return deployments.map(({ node }) => node);
  };
  expect(await nodes("")).toEqual(["cart", "pricing"]);
  expect(await nodes("?node=pricing&limit=5")).toEqual(["pricing"]);
});

test("an incident of an earlier version has the keys that came later, by itself and in the list", async () => {
  const { deployments: _, feedback: __, withoutIt: ___, ...earlier } = anIncident({ id: "earlier" });
  const suspects = earlier.suspects.map(({ evidence: _e, size: _s, instead: _i, ...suspect }) => suspect);
  await running.store.putIncident({ ...earlier, suspects: suspects as unknown as typeof earlier.suspects });
  const known = suspects.map((suspect) => ({ ...suspect, evidence: 0, size: null, instead: [] }));
  const whole = { ...earlier, deployments: [], feedback: null, withoutIt: null, suspects: known };
  expect((await running.ask("/api/v1/incidents/earlier")).json()).toEqual(whole);
  const { incidents } = (await running.ask("/api/v1/incidents")).json() as { incidents: unknown[] };
  expect(incidents).toContainEqual(whole);
});
