import express, { type Express, type Router } from "express";

import { SettingsError } from "../contracts/errors.ts";
import type { FeedbackTaker } from "../contracts/feedback.ts";
import type { StoreReader } from "../contracts/store.ts";
import { DEFAULT_STREAM_LIMITS, EventStream, type StreamLimits } from "./event-stream.ts";
import { readJson } from "./feedback.ts";
import { crossSiteGuard, hostGuard, securityHeaders } from "./guards.ts";
import type { Live } from "./live.ts";
import { type ApiMetrics, registerLiveMetrics } from "./metrics.ts";
import openApiDocument from "./openapi.json" with { type: "json" };
import { pageRouter } from "./page.ts";
import { answerErrors, RequestError } from "./request-error.ts";
import { postRoutesOf, type Routes, routesOf } from "./routes.ts";

export interface ApiOptions {
  readonly store: StoreReader;
  readonly live: Live;
  /** Whoever applies to the line what people say about its verdicts. */
  readonly feedback: FeedbackTaker;
  readonly metrics: ApiMetrics;
  /** Where the built page lies. */
  readonly uiDirectory: string;
  readonly version: string;
  /** Names by which browsers may call this server, besides localhost. */
  readonly allowedHosts?: readonly string[];
  /** Path in front of everything, for a reverse proxy that does not cut it off: "" or "/something". */
  readonly basePath?: string;
  readonly streamLimits?: Partial<StreamLimits>;
  /** Told of errors that are our own. */
  readonly onError?: (error: unknown, path: string) => void;
}

export interface Api {
  readonly app: Express;
  /** All routes of the API and none of the page. */
  readonly routes: Router;
  readonly stream: EventStream;
  readonly metrics: ApiMetrics;
  readonly basePath: string;
  /** Says to which address the server is bound; until then only loopback names are taken. */
  bind(host: string): void;
}

/** Builds the HTTP API and page, not yet listening. @throws {SettingsError} for a malformed base path. */
export function createApi(options: ApiOptions): Api {
  const { store, live, feedback, metrics, version } = options;
  const basePath = checkedBasePath(options.basePath ?? "");
  const stream = new EventStream(live, metrics, { ...DEFAULT_STREAM_LIMITS, ...options.streamLimits });
  registerLiveMetrics(metrics, live);
  const openApi = {
    ...openApiDocument,
    info: { ...openApiDocument.info, version },
    servers: [{ url: basePath || "/" }],
  };
  const sources = { store, live, feedback, stream, metrics, version, openApi };
  const routes = apiRouter(routesOf(sources), postRoutesOf(sources));

  let boundHost: string | null = null;
  const app = express();
  app.disable("x-powered-by");
  app.disable("etag");
  app.set("query parser", "simple");
  app.use(securityHeaders);
  app.use(hostGuard({ allowedHosts: options.allowedHosts ?? [], boundHost: () => boundHost }));
  app.use(crossSiteGuard);
  app.use(basePath || "/", routes, pageRouter(options.uiDirectory));
  app.use((request) => {
    throw new RequestError(404, `${request.path} is not here: everything lies under ${basePath}/`);
  });
  app.use(answerErrors(options.onError ?? (() => undefined)));
  const bind = (host: string) => {
    boundHost = host;
  };
  return { app, routes, stream, metrics, basePath, bind };
}

function apiRouter(routes: Routes, postRoutes: Routes): Router {
  const router = express.Router({ caseSensitive: true, strict: true });
  for (const [path, respond] of Object.entries(routes)) {
    const route = router.route(path.replaceAll(/\{(\w+)\}/g, ":$1"));
    route.get((request, response, next) => {
      response.set("cache-control", "no-store");
      return respond(request, response, next);
    });
    const post = postRoutes[path];
    if (post !== undefined) {
      route.post(readJson, post);
    }
    route.all((request, response) => {
      response.set("allow", post === undefined ? "GET, HEAD" : "GET, HEAD, POST");
      throw new RequestError(405, `${request.method} is not allowed on ${path}`);
    });
  }
  router.use("/api", (request) => {
    throw new RequestError(
      404,
      `${request.originalUrl.split("?", 1)[0]} is no path of the API: see /api/v1/openapi.json`,
    );
  });
  return router;
}

function checkedBasePath(basePath: string): string {
  if (basePath === "" || /^(\/[\w.~-]+)+$/.test(basePath)) return basePath;
  throw new SettingsError("basePath", basePath, 'must be empty or begin with "/" and not end with one');
}
