import { type ChildProcess, spawn } from "node:child_process";
import { mkdtempSync, rmSync } from "node:fs";
import { createServer } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";

const MAIN = new URL("../../src/cli/main.ts", import.meta.url).pathname;
const START_TRIES = 200;
const TRY_AGAIN_MS = 100;

/** What the process says of itself. */
export interface Vitals {
  readonly cpuSeconds: number;
  readonly rssMiB: number;
  readonly spans: number;
  readonly windows: number;
  /** True when verdicts are given. */
  readonly isWatching: boolean;
  /** Spans not, or not fully, used. */
  readonly lost: number;
}

/** `spantwin attach` in a process of its own, with its twin, model and store on disk. */
export class DetectorProcess {
  readonly httpPort: number;
  readonly grpcPort: number;
  readonly #apiPort: number;
  readonly #child: ChildProcess;
  readonly #folder: string;
  #output = "";

  private constructor(ports: readonly number[], nodeOptions: readonly string[], flags: readonly string[]) {
    [this.#apiPort, this.httpPort, this.grpcPort] = ports as [number, number, number];
    this.#folder = mkdtempSync(join(tmpdir(), "spantwin-ingest-"));
    const named = {
      "--api-port": this.#apiPort,
      "--otlp-http-port": this.httpPort,
      "--otlp-grpc-port": this.grpcPort,
      "--data-directory": this.#folder,
    };
    const words = Object.entries(named).flatMap(([flag, value]) => [flag, String(value)]);
    this.#child = spawn(process.execPath, [...nodeOptions, MAIN, "attach", ...words, ...flags], {
      stdio: ["ignore", "pipe", "pipe"],
    });
    // Nobody else would end it when the bench is cut short.
    process.once("exit", () => this.#child.kill());
    for (const stream of [this.#child.stdout!, this.#child.stderr!]) {
      stream.on("data", (chunk: Buffer) => {
        this.#output = (this.#output + chunk.toString()).slice(-10_000);
      });
    }
  }

  /** @param options.flags settings beside ports and folder; `nodeOptions` e.g. of a profiler */
  static async start(options: {
    readonly flags?: readonly string[];
    readonly nodeOptions?: readonly string[];
  }): Promise<DetectorProcess> {
    const ports = [await freePort(), await freePort(), await freePort()];
    const detector = new DetectorProcess(ports, options.nodeOptions ?? [], options.flags ?? []);
    for (let tries = 0; tries < START_TRIES; tries++) {
      if (detector.#child.exitCode !== null) break;
      try {
        await detector.vitals();
        return detector;
      } catch {
        await new Promise((resolve) => setTimeout(resolve, TRY_AGAIN_MS));
      }
    }
    await detector.stop();
    throw new Error(`the detector did not start:\n${detector.#output}`);
  }

  /** From its own metrics page. */
  async vitals(): Promise<Vitals> {
    const text = await (await fetch(`http://127.0.0.1:${this.#apiPort}/metrics`)).text();
    const sum = (name: string): number =>
      [...text.matchAll(new RegExp(`^${name}(?:\\{[^}]*\\})? (\\S+)$`, "gm"))].reduce(
        (total, [, value]) => total + Number(value),
        0,
      );
    return {
      cpuSeconds: sum("spantwin_cpu_seconds_total"),
      rssMiB: sum("spantwin_resident_memory_bytes") / 2 ** 20,
      spans: sum("spantwin_spans_received_total"),
      windows: sum("spantwin_windows_total"),
      isWatching: sum("spantwin_watching") === 1,
      lost: sum("spantwin_spans_lost_total"),
    };
  }

  /** What it printed last. */
  get output(): string {
    return this.#output;
  }

  async stop(): Promise<void> {
    if (this.#child.exitCode === null) {
      const ended = new Promise((resolve) => this.#child.once("exit", resolve));
      this.#child.kill("SIGTERM");
      await ended;
    }
    rmSync(this.#folder, { recursive: true, force: true });
  }
}

function freePort(): Promise<number> {
  return new Promise((resolve, reject) => {
    const server = createServer();
    server.once("error", reject);
    server.listen(0, "127.0.0.1", () => {
      const { port } = server.address() as { port: number };
      server.close(() => resolve(port));
    });
  });
}
