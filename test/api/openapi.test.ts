// Goal: the OpenAPI document says what the API does, no more and no less.
// Method: paths against the registered routes; real answers against its schemas, with every object closed to unknown keys.
import { Ajv2020 } from "ajv/dist/2020.js";
import type { Router } from "express";
import { afterAll, beforeAll, describe, expect, test } from "vitest";

import document from "../../src/api/openapi.json" with { type: "json" };
import { aDeployment, anIncident, aPoint, aTrace } from "../store/samples.ts";
import { type RunningApi, runApi } from "./running-api.ts";

type Json = Readonly<Record<string, unknown>>;
const traceId = "0af7651916cd43dd8448eb211c80319c";
const ajv = new Ajv2020({ strict: false, allErrors: true });
ajv.addSchema(closed(document) as Json, "document");

let running: RunningApi;
beforeAll(async () => {
  running = await runApi();
  const bare = { observedP95Seconds: null, predictedP95Seconds: null, utilization: null };
  await running.store.putIncident(anIncident());
  await running.store.putIncident(
    anIncident({
      id: "2",
      verdict: "traffic",
      kind: "traffic",
      state: "resolved",
      bottleneck: null,
      resolvedSeconds: 9,
    }),
  );
  await running.store.putSeries(
    [1, 2].map((at) => ({ node: "front", operation: "", point: aPoint(at, at === 1 ? bare : {}) })),
  );
  await running.store.putTrace(aTrace(traceId));
  await running.store.putDeployment(aDeployment());
  await running.feedback.give({ type: "not-a-fault", incidentId: anIncident().id });
});
afterAll(() => running.stop());

test("its paths are exactly the registered routes", () => {
  expect(Object.keys(document.paths).sort()).toEqual(registeredPaths(running.api.routes));
  expect(registeredPaths(running.api.routes).length).toBeGreaterThan(10);
});

test("operation ids are unique and every reference leads somewhere", () => {
  const ids = Object.values(document.paths).flatMap((path) => Object.values(path).map((each) => each.operationId));
  expect(new Set(ids).size).toBe(ids.length);
  const references = [...JSON.stringify(document).matchAll(/"\$ref":"#\/components\/(\w+)\/(\w+)"/g)];
  expect(references.length).toBeGreaterThan(20);
  for (const [, kind = "", name = ""] of references) {
    expect((document.components as Record<string, Json>)[kind], name).toHaveProperty(name);
  }
  const named = new Set(references.map((reference) => reference[2]));
  expect(Object.keys(document.components.schemas).filter((name) => !named.has(name))).toEqual([]);
});

test("every documented key is always there: a reader need not ask for it", () => {
  // A request may leave keys out.
  const { FeedbackRequest: _, ...answers } = document.components.schemas;
  const schemas = objectSchemas({ ...document, components: { ...document.components, schemas: answers } });
  expect(schemas.length).toBeGreaterThan(15);
  for (const { required, properties } of schemas) expect(required).toEqual(Object.keys(properties));
});

describe("a real answer is as documented:", () => {
  test.each([
    ["/api/v1/status", "/api/v1/status", 200],
    ["/api/v1/status", "/api/v1/status?x=1", 400],
    ["/api/v1/map", "/api/v1/map", 200],
    ["/api/v1/incidents", "/api/v1/incidents?limit=10", 200],
    ["/api/v1/incidents", "/api/v1/incidents?limit=x", 400],
    ["/api/v1/incidents/{id}", `/api/v1/incidents/${anIncident().id}`, 200],
    ["/api/v1/incidents/{id}", "/api/v1/incidents/none", 404],
    ["/api/v1/series", "/api/v1/series?node=front&from=0&to=10", 200],
    ["/api/v1/series", "/api/v1/series", 400],
    ["/api/v1/series", "/api/v1/series?node=nobody", 404],
    ["/api/v1/feedback", "/api/v1/feedback?limit=10", 200],
    ["/api/v1/feedback", "/api/v1/feedback?limit=0", 400],
    ["/api/v1/deployments", "/api/v1/deployments?node=pricing", 200],
    ["/api/v1/deployments", "/api/v1/deployments?from=1", 400],
    ["/api/v1/waits", "/api/v1/waits", 200],
    ["/api/v1/ledger", "/api/v1/ledger", 200],
    ["/api/v1/model", "/api/v1/model", 200],
    ["/api/v1/traces/{traceId}", `/api/v1/traces/${traceId}`, 200],
    ["/api/v1/traces/{traceId}", "/api/v1/traces/x", 400],
    ["/api/v1/traces/{traceId}", `/api/v1/traces/${"0".repeat(32)}`, 404],
    ["/api/v1/openapi.json", "/api/v1/openapi.json", 200],
    ["/healthz", "/healthz", 200],
    ["/readyz", "/readyz", 200],
  ])("%s: %s → %d", async (path, address, status) => {
    const answer = await running.ask(address);
    expect(answer.status).toBe(status);
    expect(answer.headers["content-type"]).toBe("application/json; charset=utf-8");
    expectValid(schemaPointer(path, status, "application/json"), answer.json());
  });

  test("/metrics has its type", async () => {
    const answer = await running.ask("/metrics");
    expect(answer.headers["content-type"]).toMatch(/^text\/plain;/);
    expectValid(schemaPointer("/metrics", 200, "text/plain"), answer.text);
  });

  test("every kind of stream event", async () => {
    const pointer = schemaPointer("/api/v1/stream", 200, "text/event-stream");
    expectValid(pointer, { type: "status", status: running.live.status() });
    expectValid(pointer, { type: "map", map: running.live.map() });
    expectValid(pointer, { type: "incident", incident: anIncident() });
    expectValid(pointer, { type: "window", atSeconds: 1 });
    expect(ajv.compile({ $ref: pointer })({ type: "window" })).toBe(false);
  });
});

describe("feedback", () => {
  const isRequest = ajv.compile({ $ref: "document#/components/schemas/FeedbackRequest" });
  const send = (body: object) =>
    running.ask("/api/v1/feedback", {
      method: "POST",
      headers: { "content-type": "application/json" },
      body: JSON.stringify(body),
    });

  test.each([
    { type: "not-a-fault", incidentId: anIncident().id },
    { type: "new-normal", incidentId: anIncident().id, note: "the price list has doubled" },
    { type: "fault", incidentId: anIncident().id, kind: "cpu", service: "pricing" },
    { type: "ignore", fromSeconds: 1, toSeconds: 2 },
  ])("$type as documented is taken, and answered as documented", async (body) => {
    expect(isRequest(body)).toBe(true);
    const answer = await send(body);
    expect(answer.status).toBe(201);
    const pointer = "document#/paths/~1api~1v1~1feedback/post/responses/201/content/application~1json/schema";
    expectValid(pointer, answer.json());
  });

  test.each([
    { type: "fine", incidentId: anIncident().id },
    { type: "fault", incidentId: anIncident().id },
    { type: "not-a-fault", incidentId: anIncident().id, kind: "cpu" },
    { type: "ignore", fromSeconds: 1 },
  ])("what the document does not allow is refused: %j", async (body) => {
    expect(isRequest(body)).toBe(false);
    expect((await send(body)).status).toBe(400);
  });
});

test("the check itself finds a missing key, an unknown key and a wrong type", () => {
  const isIncident = ajv.compile({ $ref: "document#/components/schemas/Incident" });
  const { guiltyNode: _, ...without } = anIncident();
  expect(isIncident(anIncident())).toBe(true);
  expect(isIncident(without)).toBe(false);
  expect(isIncident({ ...anIncident(), extra: 1 })).toBe(false);
  expect(isIncident({ ...anIncident(), confidence: 1.5 })).toBe(false);
});

function expectValid(pointer: string, value: unknown): void {
  const validate = ajv.compile({ $ref: pointer });
  validate(value);
  expect(validate.errors ?? []).toEqual([]);
}

/** Where the schema of an answer stands, through a shared response when there is one. */
function schemaPointer(path: string, status: number, mediaType: string): string {
  const paths = document.paths as Record<string, { get: { responses: Record<string, { $ref?: string }> } }>;
  const response = paths[path]?.get.responses[status];
  if (response === undefined) throw new Error(`${path} documents no ${status}`);
  const own = `#/paths/${escaped(path)}/get/responses/${status}`;
  return `document${response.$ref ?? own}/content/${escaped(mediaType)}/schema`;
}

function escaped(key: string): string {
  return encodeURIComponent(key.replaceAll("~", "~0").replaceAll("/", "~1"));
}

function registeredPaths(router: Router): string[] {
  const paths = router.stack.flatMap((layer) => (layer.route === undefined ? [] : [layer.route.path]));
  return paths.map((path) => path.replaceAll(/:(\w+)/g, "{$1}")).sort();
}

/** The document with every object schema refusing keys it does not name, so that a forgotten key shows. */
function closed(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(closed);
  if (typeof value !== "object" || value === null) return value;
  const copy = Object.fromEntries(Object.entries(value).map(([key, part]) => [key, closed(part)]));
  return copy["type"] === "object" && "properties" in copy ? { ...copy, additionalProperties: false } : copy;
}

/** All object schemas that name their keys. */
function objectSchemas(value: unknown): { required: unknown; properties: object }[] {
  if (typeof value !== "object" || value === null) return [];
  const inner = Object.values(value).flatMap(objectSchemas);
  const { type, required, properties } = value as Json;
  return type === "object" && typeof properties === "object" && properties !== null
    ? [{ required, properties }, ...inner]
    : inner;
}
