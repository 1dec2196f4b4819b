import { type ChildProcess, fork } from "node:child_process";
import { SourceError } from "../../src/contracts/errors.ts";
import type { FaultKind } from "../../src/contracts/score.ts";
import type { TestbedEvent } from "./events.ts";
import type { LoadShape } from "./load-shape.ts";
import { type Usage, type UsageSnapshot, usageBetween } from "./usage.ts";

export interface LaunchOptions {
  /** OTLP endpoint, e.g. `http://127.0.0.1:4317`. */
  readonly otlp: string;
  readonly otlpProtocol?: "grpc" | "http/protobuf" | "http/json";
  readonly seed?: number;
  /** YAML file that declares the application; the built-in shop when absent. */
  readonly topology?: string;
  /** YAML file; base load until stopped when absent. */
  readonly schedule?: string;
  readonly ratePerSecond?: number;
  readonly kafka?: string;
  readonly controlPort?: number;
  readonly labelsFile?: string;
  readonly statsSeconds?: number;
}

export interface FaultRequest {
  readonly fault: FaultKind;
  readonly service: string;
  readonly durationSeconds?: number;
  readonly [parameter: string]: unknown;
}

/** A testbed that runs in a child process. */
export interface Testbed {
  readonly controlPort: number;
  /** All its processes, the supervisor first. */
  readonly processes: readonly { readonly name: string; readonly pid: number }[];
  /** Resolves with the exit code when it has ended, for whatever reason. */
  readonly ended: Promise<number>;
  /** Puts a fault on; resolves with its number. Rejects with what is wrong with it. */
  inject(fault: FaultRequest): Promise<number>;
  /** Takes a fault off before its time. */
  endFault(id: number): Promise<void>;
  setLoad(load: LoadShape & { readonly durationSeconds?: number }): Promise<void>;
  /** What happened since the last call (or the start). */
  stats(): Promise<Usage>;
  /** Calls `listen` with every event from now on; the result ends that. */
  onEvent(listen: (event: TestbedEvent) => void): () => void;
  /** Ends it; resolves when no process of it is left. */
  stop(): Promise<void>;
}

const MAIN_FILE = new URL("./main.ts", import.meta.url);
const STOP_LIMIT_SECONDS = 10;

/**
 * Starts the testbed and resolves when it is ready; `listen` hears every event from the first.
 *
 * When this process ends in whatever way, the testbed sees the channel close and stops.
 *
 * @throws {SourceError} when it does not come up; the message is its own.
 */
export async function launchTestbed(options: LaunchOptions, listen?: (event: TestbedEvent) => void): Promise<Testbed> {
  const child = fork(MAIN_FILE, argumentsFor(options), {
    execArgv: ["--disable-warning=ExperimentalWarning"],
    stdio: ["ignore", "pipe", "pipe", "ipc"],
  });
  const listeners = new Set<(event: TestbedEvent) => void>();
  if (listen !== undefined) listeners.add(listen);
  const ended = new Promise<number>((resolve) => child.once("exit", (code) => resolve(code ?? 1)));
  const ready = await becomeReady(child, listeners, ended);
  const request = (method: string, path: string, body?: unknown) => callControl(ready.controlPort, method, path, body);
  let before = ((await request("GET", "/status")) as { snapshot: UsageSnapshot }).snapshot;
  return {
    controlPort: ready.controlPort,
    processes: [{ name: "supervisor", pid: child.pid! }, ...ready.processes],
    ended,
    inject: async (fault) => ((await request("POST", "/faults", fault)) as { id: number }).id,
    endFault: async (id) => void (await request("DELETE", `/faults/${id}`)),
    setLoad: async (load) => void (await request("POST", "/load", load)),
    stats: async () => {
      const { snapshot } = (await request("GET", "/status")) as { snapshot: UsageSnapshot };
      const usage = usageBetween(before, snapshot);
      before = snapshot;
      return usage;
    },
    onEvent: (hear) => {
      listeners.add(hear);
      return () => listeners.delete(hear);
    },
    stop: () => stopChild(child, ended),
  };
}

function argumentsFor(options: LaunchOptions): string[] {
  const flags: readonly (readonly [string, string | number | undefined])[] = [
    ["--otlp", options.otlp],
    ["--otlp-protocol", options.otlpProtocol],
    ["--seed", options.seed],
    ["--topology", options.topology],
    ["--schedule", options.schedule],
    ["--rate", options.ratePerSecond],
    ["--kafka", options.kafka],
    ["--control-port", options.controlPort],
    ["--record-labels", options.labelsFile],
    ["--stats-seconds", options.statsSeconds],
  ];
  return flags.flatMap(([flag, value]) => (value === undefined ? [] : [flag, String(value)]));
}

function becomeReady(
  child: ChildProcess,
  listeners: ReadonlySet<(event: TestbedEvent) => void>,
  ended: Promise<number>,
): Promise<Extract<TestbedEvent, { event: "ready" }>> {
  let complaint = "";
  child.stderr?.setEncoding("utf8").on("data", (text: string) => {
    complaint = (complaint + text).slice(-2000);
  });
  return new Promise((resolve, reject) => {
    let rest = "";
    child.stdout?.setEncoding("utf8").on("data", (text: string) => {
      rest += text;
      const lines = rest.split("\n");
      rest = lines.pop() ?? "";
      for (const line of lines) {
        const event = JSON.parse(line) as TestbedEvent;
        if (event.event === "ready") resolve(event);
        for (const hear of [...listeners]) hear(event);
      }
    });
    child.once("error", (error) =>
      reject(new SourceError(`testbed: ${error.message}`, { retriable: false, cause: error })),
    );
    void ended.then((code) =>
      reject(new SourceError(`testbed ended with code ${code}: ${complaint.trim()}`, { retriable: false })),
    );
  });
}

async function callControl(port: number, method: string, path: string, body: unknown): Promise<unknown> {
  const init: RequestInit = { method };
  if (body !== undefined) {
    init.headers = { "content-type": "application/json" };
    init.body = JSON.stringify(body);
  }
  const response = await fetch(`http://127.0.0.1:${port}${path}`, init);
  const answer = (await response.json()) as { error?: string };
  if (!response.ok) throw new SourceError(`testbed: ${answer.error ?? response.status}`, { retriable: false });
  return answer;
}

async function stopChild(child: ChildProcess, ended: Promise<number>): Promise<void> {
  if (child.connected) child.send("stop", () => undefined);
  const timer = setTimeout(() => child.kill("SIGKILL"), STOP_LIMIT_SECONDS * 1000);
  await ended;
  clearTimeout(timer);
}
