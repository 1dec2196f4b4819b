import { mkdtempSync, rmSync } from "node:fs";
import { request as httpRequest, type IncomingHttpHeaders } from "node:http";
import { tmpdir } from "node:os";
import { join } from "node:path";

import { type Api, type ApiOptions, createApi } from "../../src/api/create-api.ts";
import { type ListeningApi, listenApi } from "../../src/api/listen.ts";
import { createOwnMetrics } from "../../src/self/own-metrics.ts";
import { openSqliteStore, type SqliteStore } from "../../src/store/sqlite-store.ts";
import { NotedFeedback } from "./noted-feedback.ts";
import { ScriptedLive } from "./scripted-live.ts";

export interface Answer {
  readonly status: number;
  readonly headers: IncomingHttpHeaders;
  readonly text: string;
  json(): unknown;
}

export interface AskOptions {
  readonly method?: string;
  readonly headers?: Record<string, string>;
  readonly body?: string;
}

export interface RunningApi {
  readonly api: Api;
  readonly listening: ListeningApi;
  readonly live: ScriptedLive;
  readonly feedback: NotedFeedback;
  readonly store: SqliteStore;
  readonly uiDirectory: string;
  readonly errors: unknown[];
  /** A request over a real connection; `path` is sent as it stands. */
  ask(path: string, options?: AskOptions): Promise<Answer>;
  stop(): Promise<void>;
}

/** A real API on a free port over a real store in memory, with an empty page directory. */
export async function runApi(options: Partial<ApiOptions> & { host?: string } = {}): Promise<RunningApi> {
  const { host = "127.0.0.1", ...apiOptions } = options;
  const live = new ScriptedLive();
  const store = openSqliteStore({ dataDirectory: ":memory:" });
  const feedback = new NotedFeedback();
  const metrics = createOwnMetrics();
  const uiDirectory = mkdtempSync(join(tmpdir(), "spantwin-page-"));
  const errors: unknown[] = [];
  const onError = (error: unknown) => errors.push(error);
  const api = createApi({ store, live, feedback, metrics, uiDirectory, version: "1.2.3", onError, ...apiOptions });
  const listening = await listenApi(api, { host, port: 0 });
  return {
    api,
    listening,
    live,
    feedback,
    store,
    uiDirectory,
    errors,
    ask: (path, options = {}) => ask(listening.port, path, options),
    async stop() {
      await listening.close();
      metrics.stop();
      await store.close();
      rmSync(uiDirectory, { recursive: true, force: true });
    },
  };
}

function ask(port: number, path: string, { method = "GET", headers = {}, body }: AskOptions): Promise<Answer> {
  return new Promise((resolve, reject) => {
    const request = httpRequest({ host: "127.0.0.1", port, method, path, headers, agent: false }, (response) => {
      const chunks: Buffer[] = [];
      response.on("data", (chunk: Buffer) => chunks.push(chunk));
      response.on("error", reject);
      response.on("end", () => {
        const text = Buffer.concat(chunks).toString("utf8");
        resolve({ status: response.statusCode ?? 0, headers: response.headers, text, json: () => JSON.parse(text) });
      });
    });
    request.on("error", reject);
    request.end(body);
  });
}
