// Goal: an incident goes on under its id when its node alarms again within a minute; no id is given twice.
// Method: incidents written by hand.
import { expect, test } from "vitest";
import { IncidentArchive } from "../../src/detection/incident-archive.ts";
import { anIncident } from "../store/samples.ts";

const RESOLVED = anIncident({ id: "a", guiltyNode: "cart", state: "resolved", resolvedSeconds: 100 });

test("an incident is taken back within a minute of its end, by its own node, and once", () => {
  const archive = new IncidentArchive();
  archive.putAway(RESOLVED);
  expect(archive.takeBack("stock", 110)).toBeNull();
  expect(archive.takeBack("cart", 160)).toEqual(RESOLVED);
  expect(archive.takeBack("cart", 160)).toBeNull();
});

test("an incident is not taken back later than a minute after its end", () => {
  const archive = new IncidentArchive();
  archive.putAway(RESOLVED);
  expect(archive.takeBack("cart", 161)).toBeNull();
});

test("each node's last incident is kept, whatever others ended since", () => {
  const archive = new IncidentArchive();
  archive.putAway(RESOLVED);
  archive.putAway({ ...RESOLVED, id: "b", guiltyNode: "stock" });
  expect(archive.takeBack("cart", 110)?.id).toBe("a");
  expect(archive.takeBack("stock", 110)?.id).toBe("b");
});

test("incidents that would have the same id get different ones", () => {
  const archive = new IncidentArchive();
  const ids = Array.from({ length: 3 }, () => archive.named(anIncident({ id: "same" })).id);
  expect(ids).toEqual(["same", "same-2", "same-3"]);
});
