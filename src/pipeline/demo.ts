import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import type { TestbedEvent } from "../../datasets/testbed/events.ts";
import { launchTestbed } from "../../datasets/testbed/launch.ts";
import type { IncidentEvent } from "../contracts/incident.ts";
import type { Settings } from "../contracts/settings.ts";
import { DemoRound, type RoundReport } from "./demo-round.ts";
import { type RunningServer, startServer } from "./server.ts";

const SCHEDULE = fileURLToPath(new URL("../../datasets/testbed/schedules/demo.yaml", import.meta.url));
/** A round ends with its first phase of this name that is over. */
const LAST_PHASE = "recovery";
/** After the last phase, windows still come in for this long. */
const LAST_WINDOWS_SECONDS = 9;

export interface DemoOptions {
  readonly settings: Settings;
  readonly version: string;
  readonly once: boolean;
  readonly say: (message: string) => void;
  readonly onError: (error: unknown, what: string) => void;
  readonly signal: AbortSignal;
}

/**
 * Runs server and testbed side by side: learning, a surge, a fault, recovery, and again with other faults. With `once`
 * it ends after the first round and returns its report; otherwise it ends with the signal.
 */
export async function runDemo(options: DemoOptions): Promise<RoundReport | null> {
  const dataDirectory = await mkdtemp(join(tmpdir(), "spantwin-demo-"));
  let server: RunningServer | null = null;
  try {
    const round = new DemoRound();
    server = await startServer({
      settings: { ...options.settings, dataDirectory, storeUrl: null, ack: "memory" },
      mode: "demo",
      version: options.version,
      onError: options.onError,
      onWindow: ({ scored, events }) => {
        if (scored.forecast.isReady) {
          round.takeReady(scored.forecast.observation.endSeconds);
        }
        for (const event of events) {
          round.takeIncident(event);
          sayIncident(event, options.say);
        }
      },
    });
    options.say(`page: ${server.url} (Ctrl-C ends)`);
    if (server.degradedReason !== null) {
      options.say(server.degradedReason);
    }
    return await playShop(options, server, round);
  } finally {
    await server?.stop();
    await rm(dataDirectory, { recursive: true, force: true });
  }
}

async function playShop(options: DemoOptions, server: RunningServer, round: DemoRound): Promise<RoundReport | null> {
  const { signal } = options;
  let finish: () => void = () => undefined;
  const over = new Promise<void>((resolve) => {
    finish = resolve;
  });
  signal.addEventListener("abort", () => finish(), { once: true });
  options.say("starting the shop: 11 services that call each other, a load generator and a fault injector");
  let phase = "";
  const hear = (event: TestbedEvent): void => {
    round.takeTestbed(event);
    const step = stepOf(event);
    if (step !== null) {
      server.live.setDemoStep(step);
      options.say(step);
    }
    if (event.event === "load") {
      if (options.once && phase === LAST_PHASE) {
        finish();
      }
      phase = event.phase;
      if (options.once && phase === LAST_PHASE) {
        setTimeout(finish, (event.durationSeconds + LAST_WINDOWS_SECONDS) * 1000).unref();
      }
    }
    if (event.event === "stopped") {
      finish();
    }
  };
  const testbed = await launchTestbed(
    { otlp: `http://127.0.0.1:${server.otlpGrpcPort}`, seed: options.settings.seed, schedule: SCHEDULE },
    hear,
  );
  try {
    await over;
  } finally {
    await testbed.stop();
  }
  return options.once && !signal.aborted ? round.report(Date.now() / 1000) : null;
}

function stepOf(event: TestbedEvent): string | null {
  if (event.event === "load") {
    return `${event.phase} (${event.shape}${event.factor === 1 ? "" : ` ×${event.factor}`}, ${event.durationSeconds} s)`;
  }
  if (event.event === "fault-start") {
    return `fault injected: ${event.fault} at ${event.service}`;
  }
  if (event.event === "fault-end") {
    return `fault ended: ${event.fault} at ${event.service}`;
  }
  if (event.event === "stats" && event.phase !== null) {
    const { bottleneck, bottleneckUtilization, hostCpuShare } = event.validity;
    const station = `${bottleneck} ${Math.round(100 * bottleneckUtilization)} % busy`;
    return `end of ${event.phase}: ${station}, machine ${Math.round(100 * hostCpuShare)} % busy`;
  }
  return null;
}

function sayIncident(event: IncidentEvent, say: (message: string) => void): void {
  if (event.type !== "updated") {
    const verdict = event.incident.verdict === "traffic" ? "traffic, not fault" : "FAULT";
    say(`${verdict} ${event.type}: ${event.incident.summary}`);
  }
}
