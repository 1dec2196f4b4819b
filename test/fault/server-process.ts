import type { AddressInfo } from "node:net";
import { createServer } from "node:net";
import type { Incident } from "../../src/contracts/incident.ts";
import { start, until } from "../cli/run.ts";

/** A line that is quick and still finds what the sample has: what is tested here is what becomes of it. */
export const QUICK_LINE = ["--replicates", "2", "--scorer", "n-sigma"] as const;

export interface Ports {
  readonly api: number;
  readonly http: number;
  readonly grpc: number;
}

/** The real `spantwin attach` in a process of its own, on ports that stay the same from start to start. */
export class ServerProcess {
  readonly url: string;
  readonly ports: Ports;
  readonly #args: readonly string[];
  #running: ReturnType<typeof start> | null = null;
  #output = "";

  constructor(ports: Ports, dataDirectory: string, args: readonly string[] = []) {
    this.ports = ports;
    this.url = `http://127.0.0.1:${ports.api}`;
    const flags = ["--api-port", ports.api, "--otlp-http-port", ports.http, "--otlp-grpc-port", ports.grpc].map(String);
    this.#args = ["attach", ...flags, "--data-directory", dataDirectory, ...args];
  }

  get pid(): number {
    return this.#running!.child.pid!;
  }

  /** Everything that all starts have said. */
  get output(): string {
    return this.#output + (this.#running?.output() ?? "");
  }

  start(): void {
    this.#running = start(this.#args);
  }

  /** Resolves when it listens; it may still be recovering. */
  async listening(): Promise<void> {
    await until(() => this.#running!.output(), /page: http/);
  }

  /** Resolves when it takes telemetry in; with the seconds that took. */
  async ready(): Promise<number> {
    const begun = performance.now();
    for (;;) {
      const { isReady } = await this.readiness();
      if (isReady) return (performance.now() - begun) / 1000;
      if (this.#running!.child.exitCode !== null) throw new Error(`it has ended: ${this.output}`);
      await new Promise((resolve) => setTimeout(resolve, 50));
    }
  }

  async readiness(): Promise<{ isReady: boolean; detail: string; acknowledgement: string }> {
    try {
      const response = await fetch(`${this.url}/readyz`);
      const { detail, acknowledgement } = (await response.json()) as { detail: string; acknowledgement: string };
      return { isReady: response.status === 200, detail, acknowledgement };
    } catch {
      return { isReady: false, detail: "not listening", acknowledgement: "" };
    }
  }

  /** As the kernel does when memory is short, or a person who has lost patience. */
  async kill(): Promise<void> {
    this.#running!.child.kill("SIGKILL");
    await this.#ended();
  }

  /** Leaves nothing running, whatever became of the test. */
  async abandon(): Promise<void> {
    if (this.#running !== null) await this.kill();
  }

  /** As an orchestrator does first. @returns the exit code */
  async terminate(): Promise<number> {
    this.#running!.child.kill("SIGTERM");
    return this.#ended();
  }

  async incidents(): Promise<readonly Incident[]> {
    const response = await fetch(`${this.url}/api/v1/incidents?limit=100`);
    const { incidents } = (await response.json()) as { incidents: Incident[] };
    return incidents.toSorted((a, b) => (a.id < b.id ? -1 : 1));
  }

  /** Spans received, and those not taken a second time. */
  async spans(): Promise<{ received: number; duplicate: number }> {
    const response = await fetch(`${this.url}/api/v1/ledger`);
    const { rows } = (await response.json()) as { rows: { received: number; lost: { duplicate?: number } }[] };
    return {
      received: rows.reduce((sum, row) => sum + row.received, 0),
      duplicate: rows.reduce((sum, row) => sum + (row.lost.duplicate ?? 0), 0),
    };
  }

  async metric(name: string): Promise<number> {
    const text = await (await fetch(`${this.url}/metrics`)).text();
    const found = new RegExp(`^${name} (\\S+)$`, "m").exec(text);
    if (found === null) throw new Error(`no metric ${name}`);
    return Number(found[1]);
  }

  /** Counts of a histogram up to each of its bounds. */
  async buckets(name: string): Promise<readonly { readonly bound: number; readonly count: number }[]> {
    const text = await (await fetch(`${this.url}/metrics`)).text();
    return [...text.matchAll(new RegExp(`^${name}_bucket\\{le="([^"]+)"\\} (\\S+)$`, "gm"))].map(([, bound, count]) => {
      return { bound: bound === "+Inf" ? Number.POSITIVE_INFINITY : Number(bound), count: Number(count) };
    });
  }

  async #ended(): Promise<number> {
    const { code } = await this.#running!.finished;
    this.#output = this.output;
    this.#running = null;
    return code;
  }
}

/** Ports that are free now. */
export async function freePorts(): Promise<Ports> {
  const servers = [0, 1, 2].map(() => createServer().listen(0, "127.0.0.1"));
  await Promise.all(servers.map((server) => new Promise((resolve) => server.once("listening", resolve))));
  const [api, http, grpc] = servers.map((server) => (server.address() as AddressInfo).port);
  await Promise.all(servers.map((server) => new Promise((resolve) => server.close(resolve))));
  return { api: api!, http: http!, grpc: grpc! };
}
