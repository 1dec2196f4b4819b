// Goal: what a window changes while feedback is being kept is not undone by it. Method: a store that keeps feedback when told to.
import { expect, test } from "vitest";

import { openSqliteStore } from "../../src/store/sqlite-store.ts";
import { running } from "./troubled-line.ts";

test("feedback that is kept while its incident ends is put on the incident as it is by then, in the order of its ids", async () => {
  const store = openSqliteStore({ dataDirectory: ":memory:" });
  const { promise: allowed, resolve: allow } = Promise.withResolvers<void>();
  const put = store.putFeedback.bind(store);
  store.putFeedback = async (feedback) => {
    await allowed;
    return put(feedback);
  };
  const { runTo, line, give, kept, events } = await running([{ from: 1060, to: 1120 }], store);
  runTo(1100);
  const { id } = line.openIncidents[0]!;
  const given = [
    give({ type: "fault", incidentId: id, kind: "cpu" }),
    give({ type: "fault", incidentId: id, kind: "pause" }),
  ];
  await kept.incidents({ limit: 1 });
  runTo(1200);
  expect(events.map(({ type }) => type)).toEqual(["opened", "resolved"]);
  allow();
  const [first, second] = await Promise.all(given);
  expect(second!.id).toBeGreaterThan(first!.id);
  expect(await kept.incident(id)).toMatchObject({ state: "resolved", kind: "pause", feedback: "confirmed" });
});
