import type { Request, RequestHandler, Response } from "express";

import type { DeploymentPage, IncidentPage, Series } from "../contracts/api.ts";
import type { FeedbackTaker } from "../contracts/feedback.ts";
import type { StoreReader } from "../contracts/store.ts";
import type { EventStream } from "./event-stream.ts";
import { feedbackPage, giveFeedback } from "./feedback.ts";
import type { Live } from "./live.ts";
import type { ApiMetrics } from "./metrics.ts";
import {
  badRequest,
  deploymentsQuery,
  incidentIdParameter,
  incidentsQuery,
  noQuery,
  readParameters,
  seriesQuery,
  traceIdParameter,
} from "./query.ts";
import { readinessOf } from "./readiness.ts";
import { RequestError } from "./request-error.ts";
import { wholeIncident } from "./whole-incident.ts";

/** Range of a series when none is asked for. */
const DEFAULT_RANGE_SECONDS = 3600;

export interface RouteSources {
  readonly store: StoreReader;
  readonly live: Live;
  readonly feedback: FeedbackTaker;
  readonly stream: EventStream;
  readonly metrics: ApiMetrics;
  readonly version: string;
  readonly openApi: object;
}

/** Every route answers GET (and HEAD). Paths are spelled as in the OpenAPI document. */
export type Routes = Readonly<Record<string, RequestHandler>>;

/** Routes that take a JSON body by POST, besides. */
export function postRoutesOf({ store, feedback }: RouteSources): Routes {
  return { "/api/v1/feedback": giveFeedback(store, feedback) };
}

export function routesOf(sources: RouteSources): Routes {
  const { store, live, feedback, stream, metrics, version, openApi } = sources;
  return {
    "/api/v1/status": json(() => live.status()),
    "/api/v1/map": json(() => live.map()),
    "/api/v1/ledger": json(() => live.ledger()),
    "/api/v1/model": json(() => live.model()),
    "/api/v1/waits": json(() => live.waits()),
    "/api/v1/feedback": async (request, response) => send(response, await feedbackPage(feedback, request)),
    "/api/v1/deployments": async (request, response) => send(response, await deploymentPage(store, request)),
    "/api/v1/openapi.json": json(() => openApi),
    "/api/v1/incidents": async (request, response) => send(response, await incidentPage(store, request)),
    "/api/v1/incidents/{id}": async (request, response) => {
      readParameters(noQuery, request.query);
      const { id } = readParameters(incidentIdParameter, request.params);
      send(response, wholeIncident(found(await store.incident(id), "id", id, "incident")));
    },
    "/api/v1/series": async (request, response) => send(response, await seriesOf(store, live, request)),
    "/api/v1/traces/{traceId}": async (request, response) => {
      readParameters(noQuery, request.query);
      const { traceId } = readParameters(traceIdParameter, request.params);
      send(response, found(await store.trace(traceId), "traceId", traceId, "kept trace"));
    },
    "/api/v1/stream": (request, response) => {
      readParameters(noQuery, request.query);
      stream.serve(request, response);
    },
    "/healthz": (_request, response) => send(response, { status: "ok", version }),
    "/readyz": (_request, response) => {
      const readiness = readinessOf(live);
      send(response.status(readiness.ready ? 200 : 503), readiness);
    },
    "/metrics": (_request, response) => {
      response.type("text/plain; version=0.0.4; charset=utf-8").send(metrics.text());
    },
  };
}

function json(answer: () => object): RequestHandler {
  return (request, response) => {
    readParameters(noQuery, request.query);
    send(response, answer());
  };
}

function send(response: Response, body: object): void {
  response.json(body);
}

function found<Kept>(kept: Kept | null, key: string, value: string, what: string): Kept & object {
  if (kept === null || kept === undefined)
    throw new RequestError(404, `${key}: ${JSON.stringify(value)} is no ${what}`);
  return kept;
}

async function incidentPage(store: StoreReader, request: Request): Promise<IncidentPage> {
  const { state, verdict, limit } = readParameters(incidentsQuery, request.query);
  const incidents = await store.incidents({
    limit,
    ...(state === undefined ? {} : { state }),
    ...(verdict === undefined ? {} : { verdict }),
  });
  return { incidents: incidents.map(wholeIncident), total: await store.incidentCount() };
}

async function deploymentPage(store: StoreReader, request: Request): Promise<DeploymentPage> {
  const { node, limit } = readParameters(deploymentsQuery, request.query);
  return { deployments: await store.deployments({ limit, ...(node === undefined ? {} : { node }) }) };
}

async function seriesOf(store: StoreReader, live: Live, request: Request): Promise<Series> {
  const { node, operation, from, to, limit } = readParameters(seriesQuery, request.query);
  const { eventTimeSeconds, windowSeconds } = live.status();
  const toSeconds = to ?? (eventTimeSeconds ?? 0) + windowSeconds;
  const fromSeconds = from ?? toSeconds - DEFAULT_RANGE_SECONDS;
  if (fromSeconds >= toSeconds) throw badRequest("from", String(fromSeconds), `must be before to (${toSeconds})`);
  const points = await store.series({ node, operation, fromSeconds, toSeconds, limit });
  if (points.length === 0 && !live.map().nodes.some((known) => known.name === node)) {
    throw new RequestError(404, `node: ${JSON.stringify(node)} is not known`);
  }
  return { node, operation, windowSeconds, points };
}
