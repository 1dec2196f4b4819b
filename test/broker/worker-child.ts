import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { createInterface } from "node:readline";
import { fileURLToPath } from "node:url";

const SCRIPT = fileURLToPath(new URL("worker-process.ts", import.meta.url));

/** A worker in a process of its own, and what it told. */
export class WorkerChild {
  readonly roles: string;
  /** Windows it judged. */
  readonly windows = new Set<number>();
  readonly errors: string[] = [];
  /** Records each of its legs took. */
  records: readonly number[] = [];
  /** Partitions each of its legs was given. */
  partitions: readonly number[] = [];
  /** Processor time it used, its start included. */
  cpuSeconds = 0;
  readonly #child: ChildProcess;
  readonly #said: string[] = [];

  constructor(roles: string, flags: Readonly<Record<string, string>>) {
    this.roles = roles;
    this.#child = spawn(process.execPath, [SCRIPT, roles, JSON.stringify(flags)], {
      stdio: ["ignore", "pipe", "pipe"],
    });
    createInterface({ input: this.#child.stdout! }).on("line", (line) => this.#hear(JSON.parse(line)));
    createInterface({ input: this.#child.stderr! }).on("line", (line) => this.#said.push(line));
    const end = (): void => this.kill();
    process.once("exit", end);
    void once(this.#child, "exit").then(() => process.removeListener("exit", end));
  }

  get isAlive(): boolean {
    return this.#child.exitCode === null && this.#child.signalCode === null;
  }

  kill(): void {
    this.#child.kill("SIGKILL");
  }

  /** For whoever finds a test failed. */
  toString(): string {
    return `${this.roles}: ${this.windows.size} windows, records ${this.records.join(" and ")}; ${this.#said.join(" | ")}`;
  }

  #hear(line: {
    window?: number;
    level?: string;
    message?: string;
    records?: readonly number[];
    partitions?: readonly number[];
    cpuSeconds?: number;
  }): void {
    if (line.window !== undefined) this.windows.add(line.window);
    if (line.records !== undefined) this.records = line.records;
    if (line.partitions !== undefined) this.partitions = line.partitions;
    this.cpuSeconds = line.cpuSeconds ?? this.cpuSeconds;
    if (line.message !== undefined) this.#said.push(line.message);
    if (line.level === "error") this.errors.push(line.message ?? "");
  }
}
