import { fileURLToPath } from "node:url";
import { createApi } from "../api/create-api.ts";
import { listenApi } from "../api/listen.ts";
import type { Status } from "../contracts/api.ts";
import type { Incident } from "../contracts/incident.ts";
import type { Settings } from "../contracts/settings.ts";
import type { OwnListener } from "../self/own-address.ts";
import { createOwnMetrics } from "../self/own-metrics.ts";
import { startSelfTelemetry } from "../self/self-telemetry.ts";
import { StageClock } from "../self/stage-clock.ts";
import { CountingLedger } from "../telemetry/ledger.ts";
import type { BodyTap } from "../telemetry/otlp/intake.ts";
import { lockDirectory } from "./directory-lock.ts";
import { FeedbackDesk } from "./feedback-desk.ts";
import { Keeper } from "./keeper.ts";
import { IN_MEMORY } from "./keeping.ts";
import { openKeptStore } from "./kept-store.ts";
import { countLearning } from "./learning-metrics.ts";
import type { WindowListener } from "./line.ts";
import { LineFeed } from "./line-feed.ts";
import { LiveView } from "./live-view.ts";
import { openOtherWaysIn } from "./other-ways-in.ts";
import { createLine } from "./replay.ts";
import { loadScorer } from "./scorers.ts";
import { ToldBefore } from "./told-before.ts";
import { WayIn } from "./way-in.ts";

const UI_DIRECTORY = fileURLToPath(new URL("../../ui/dist", import.meta.url));

export interface ServerParts {
  readonly settings: Settings;
  readonly mode: Status["mode"];
  readonly version: string;
  readonly tap?: BodyTap;
  /** Hears of every window, but not again of the incidents that an earlier process told. */
  readonly onWindow?: WindowListener;
  /** Told of what a person should know: what was recovered, brokers that are away, records that are left out. */
  readonly onNotice?: (level: "info" | "warn", message: string) => void;
  readonly kafkaPassword?: string | undefined;
  readonly onError: (error: unknown, what: string) => void;
}

export interface RunningServer {
  readonly url: string;
  readonly otlpGrpcPort: number;
  readonly otlpHttpPort: number;
  readonly live: LiveView;
  readonly degradedReason: string | null;
  /** Resolves when the line is where it was when the process before ended, and senders are heard. */
  readonly recovered: Promise<void>;
  /** Takes in what is kept, then closes every port and file. */
  stop(): Promise<void>;
}

type Closers = (() => Promise<void> | void)[];

/**
 * Receives, judges, keeps and serves, until stopped. Listens when it resolves; what an earlier process kept is read again
 * first, and senders are told to come again meanwhile.
 *
 * @throws {SettingsError} naming the port or folder that cannot be had; nothing is left open then.
 */
export async function startServer(parts: ServerParts): Promise<RunningServer> {
  const closers: Closers = [];
  const stop = async (): Promise<void> => {
    for (const close of closers.reverse()) {
      await close();
    }
  };
  try {
    return { ...(await started(parts, closers)), stop };
  } catch (error) {
    await stop();
    throw error;
  }
}

async function started(parts: ServerParts, closers: Closers): Promise<Omit<RunningServer, "stop">> {
  const { settings, onError, onNotice = () => undefined } = parts;
  const ledger = new CountingLedger();
  const metrics = createOwnMetrics();
  closers.push(() => metrics.stop());
  if (settings.dataDirectory !== IN_MEMORY) closers.push(lockDirectory(settings.dataDirectory));
  const kept = await openKeptStore(settings, metrics.counters, onError);
  closers.push(() => kept.close());
  const { store, writer, results } = kept;
  const told = new ToldBefore();
  await told.remember(store);
  const { scorer, view: model } = await loadScorer(settings);
  const stages = new StageClock(metrics.counters);
  const line = createLine(settings, scorer, ledger, { runStage: stages.run });
  countLearning(metrics.counters, line);
  const fixed = { mode: parts.mode, version: parts.version, windowSeconds: settings.windowSeconds };
  const keeper = new Keeper({ line, writer, retentionHours: settings.retentionHours });
  const live = new LiveView({ line, ledger, model, fixed, told });
  line.onWindow((result) => parts.onWindow?.({ ...result, events: told.news(result.events) }));
  const { windowComputeSeconds, counters } = metrics;
  const feed = new LineFeed({ line, live, keeper, stages, windowComputeSeconds, onError });
  const { version, tap } = parts;
  const isDemo = parts.mode === "demo";
  const { wayIn, feedbackId } = await WayIn.open({
    ...{ settings, version, model, ledger, line, feed, keeper, live, writer, counters, isDemo, tap, onNotice, onError },
  });
  closers.push(() => wayIn.close());
  const tell = (incident: Incident): void => live.tellIncident(incident);
  const feedback = await FeedbackDesk.open({ line, store, results, writer, settings, tell, obeyedId: feedbackId });
  const api = createApi({
    store: results,
    live,
    feedback,
    metrics,
    uiDirectory: UI_DIRECTORY,
    version,
    onError: (error, path) => onError(error, `answering ${path}`),
  });
  const listening = await listenApi(api, { host: settings.host, port: settings.apiPort });
  closers.push(() => listening.close());
  const otlp = await wayIn.listen(() => feedback.lastId);
  wayIn.recovered.then(() => told.forget()).catch(() => undefined);
  const { grpcPort, httpPort } = otlp;
  const { selfOtlpEndpoint: endpoint } = settings;
  const listeners = ownListeners(settings.host, [listening.port, grpcPort, httpPort]);
  const telemetry = await startSelfTelemetry({ endpoint, listeners, counters, version });
  closers.push(async () => telemetry?.stop());
  const { mode, kafkaPassword } = parts;
  const takenThrough = wayIn.recovered.then(() => wayIn.takenThrough);
  const others = await openOtherWaysIn({
    ...{ mode, settings, door: wayIn, counters, kafkaPassword, takenThrough, onNotice, onError },
  });
  closers.push(() => others.end());
  live.setListening([...addressesOf(settings.host, otlp, listening.url), ...others.listening]);
  return {
    url: listening.url,
    otlpGrpcPort: grpcPort ?? 0,
    otlpHttpPort: httpPort ?? 0,
    live,
    degradedReason: model.degradedReason,
    recovered: wayIn.recovered,
  };
}

function ownListeners(host: string, ports: readonly (number | null)[]): readonly OwnListener[] {
  return ports.filter((port) => port !== null).map((port) => ({ host, port }));
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
