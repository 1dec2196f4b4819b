import { fileURLToPath } from "node:url";
import { createApi } from "../api/create-api.ts";
import { type ListeningApi, listenApi } from "../api/listen.ts";
import type { Status } from "../contracts/api.ts";
import type { Incident } from "../contracts/incident.ts";
import type { Settings } from "../contracts/settings.ts";
import type { TelemetryBatch } from "../contracts/telemetry.ts";
import { createOwnMetrics } from "../self/own-metrics.ts";
import { openStore } from "../store/open-store.ts";
import { CountingLedger } from "../telemetry/ledger.ts";
import type { BodyTap } from "../telemetry/otlp/intake.ts";
import { OtlpReceiver } from "../telemetry/otlp/receiver.ts";
import { FeedbackDesk } from "./feedback-desk.ts";
import { Keeper } from "./keeper.ts";
import { KeptResults } from "./kept-results.ts";
import { countLearning } from "./learning-metrics.ts";
import type { WindowListener } from "./line.ts";
import { LiveView } from "./live-view.ts";
import { createLine } from "./replay.ts";
import { loadScorer } from "./scorers.ts";
import { countWrites } from "./store-metrics.ts";
import { StoreWriter } from "./store-writer.ts";

const UI_DIRECTORY = fileURLToPath(new URL("../../ui/dist", import.meta.url));

export interface RunningServer {
  readonly url: string;
  readonly otlpGrpcPort: number;
  readonly otlpHttpPort: number;
  readonly live: LiveView;
  readonly degradedReason: string | null;
  /** Takes in what is still open, then closes every port and file. */
  stop(): Promise<void>;
}

/**
 * Receives, judges, keeps and serves, until stopped.
 *
 * @throws {SettingsError} naming the port or folder that cannot be had; nothing is left open then.
 */
export async function startServer(parts: {
  settings: Settings;
  mode: Status["mode"];
  version: string;
  tap?: BodyTap;
  onWindow?: WindowListener;
  onError: (error: unknown, what: string) => void;
}): Promise<RunningServer> {
  const { settings } = parts;
  const closers: (() => Promise<void> | void)[] = [];
  const closeAll = async (): Promise<void> => {
    for (const close of closers.reverse()) {
      await close();
    }
  };
  try {
    const ledger = new CountingLedger();
    const metrics = createOwnMetrics();
    closers.push(() => metrics.stop());
    const store = await openStore(settings, { onError: parts.onError });
    closers.push(() => store.close());
    const writer = new StoreWriter({ store, onError: parts.onError });
    closers.push(() => writer.close());
    countWrites(metrics.counters, writer);
    const results = new KeptResults(store, writer);
    const { scorer, view: model } = await loadScorer(settings);
    const line = createLine(settings, scorer, ledger);
    countLearning(metrics.counters, line);
    const fixed = { mode: parts.mode, version: parts.version, windowSeconds: settings.windowSeconds };
    const keeper = new Keeper({ line, writer, retentionHours: settings.retentionHours });
    const live = new LiveView({ line, ledger, model, fixed });
    if (parts.onWindow !== undefined) {
      line.onWindow(parts.onWindow);
    }
    const tell = (incident: Incident): void => live.tellIncident(incident);
    const feedback = await FeedbackDesk.open({ line, store, results, writer, settings, tell });
    const api = createApi({
      store: results,
      live,
      feedback,
      metrics,
      uiDirectory: UI_DIRECTORY,
      version: parts.version,
      onError: (error, path) => parts.onError(error, `answering ${path}`),
    });
    const listening: ListeningApi = await listenApi(api, { host: settings.host, port: settings.apiPort });
    closers.push(() => listening.close());
    const receiver = new OtlpReceiver({ ...settings, ledger, ...(parts.tap === undefined ? {} : { tap: parts.tap }) });
    const ports = await receiver.start({
      host: settings.host,
      grpcPort: settings.otlpGrpcPort,
      httpPort: settings.otlpHttpPort,
    });
    live.setListening(addressesOf(settings.host, ports, listening.url));
    const take = (batch: TelemetryBatch): void => {
      if (batch.spans.spanCount > 0) {
        live.countSpans(batch.spans.spanCount, batch.spans.startSeconds[0]!);
      }
      keeper.remember(batch);
      const windowsBefore = live.windowsSeen;
      const begun = performance.now();
      line.take(batch);
      if (live.windowsSeen > windowsBefore) {
        metrics.windowComputeSeconds.observe((performance.now() - begun) / 1000);
      }
    };
    const stopping = new AbortController();
    const reading = receiver.read(take, stopping.signal);
    reading.catch((error: unknown) => parts.onError(error, "taking telemetry in"));
    closers.push(async () => {
      stopping.abort();
      await receiver.close();
      await reading.catch(() => undefined);
      line.finish();
    });
    return {
      url: listening.url,
      otlpGrpcPort: ports.grpcPort ?? 0,
      otlpHttpPort: ports.httpPort ?? 0,
      live,
      degradedReason: model.degradedReason,
      stop: closeAll,
    };
  } catch (error) {
    await closeAll();
    throw error;
  }
}

function addressesOf(
  host: string,
  ports: { grpcPort: number | null; httpPort: number | null },
  url: string,
): Status["listening"] {
  const at = host.includes(":") ? `[${host}]` : host;
  return [
    { protocol: "OTLP/gRPC", address: `${at}:${ports.grpcPort}` },
    { protocol: "OTLP/HTTP", address: `http://${at}:${ports.httpPort}` },
    { protocol: "HTTP", address: url },
  ];
}
