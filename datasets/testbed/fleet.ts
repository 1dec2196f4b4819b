import { type ChildProcess, fork } from "node:child_process";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { FaultOrder } from "./faults.ts";
import type { Address, ChildCounters, ChildRole, FromChild, ToChild } from "./messages.ts";
import { BROKER_NAME } from "./service/names.ts";
import type { ShopDeclaration } from "./shop-schema.ts";

export interface FleetOptions {
  readonly shop: ShopDeclaration;
  readonly seed: number;
  readonly otlpEndpoint: string;
  readonly otlpProtocol: "grpc" | "http/protobuf" | "http/json";
  readonly kafka: string | null;
  /** Called once when a child ends that was not told to. */
  readonly onLoss: (member: string, reason: string) => void;
}

/** One process: its name, what it is, and where it listens. */
interface Member {
  /** Process name, unique: `catalog-2`, `broker`, `card-gateway`. */
  readonly name: string;
  /** Name callers know it by. */
  readonly address: string;
  readonly role: ChildRole;
  child: ChildProcess | null;
  port: number;
  /** True while it is down on purpose. */
  isDown: boolean;
  ready: (() => void) | null;
  failed: ((error: Error) => void) | null;
}

export interface MemberCounters {
  readonly member: string;
  /** Changes when the process was started again: its counters began anew. */
  readonly pid: number;
  readonly counters: ChildCounters;
}

const CHILD_FILE = new URL("./service/child.ts", import.meta.url);
const START_LIMIT_SECONDS = 60;
const STOP_LIMIT_SECONDS = 3;
const COUNT_LIMIT_SECONDS = 1;

/** The processes of the testbed: started together, reached over IPC, started again after a crash, stopped together. */
export class Fleet {
  readonly #options: FleetOptions;
  readonly #members: readonly Member[];
  readonly #orders = new Map<number, FaultOrder>();
  readonly #counting = new Map<number, (counters: ChildCounters) => void>();
  #nextToken = 0;
  #isStopping = false;

  constructor(options: FleetOptions) {
    this.#options = options;
    this.#members = membersOf(options);
  }

  /** All children that run. */
  get processes(): readonly { readonly name: string; readonly pid: number }[] {
    return this.#members.flatMap(({ name, child }) => (child?.pid === undefined ? [] : [{ name, pid: child.pid }]));
  }

  /** Port of the entry service. */
  get entryPort(): number {
    return this.#members.find((member) => member.address === this.#options.shop.entryService)!.port;
  }

  /** @throws {Error} when a process does not come up. */
  async start(): Promise<void> {
    await Promise.all(this.#members.map((member) => this.#launch(member)));
    await this.#spreadAddresses(this.#members);
  }

  beginFault(id: number, order: FaultOrder): void {
    this.#orders.set(id, order);
    for (const member of this.#recipients(order)) this.#send(member, { type: "fault", id, order });
  }

  endFault(id: number): void {
    const order = this.#orders.get(id);
    this.#orders.delete(id);
    if (order !== undefined)
      for (const member of this.#recipients(order)) this.#send(member, { type: "fault-over", id });
  }

  /** Kills the processes of a service as a crash does; `restart` brings them back on the same ports. */
  crash(order: FaultOrder): void {
    for (const member of this.#ofService(order)) {
      member.isDown = true;
      member.child?.kill("SIGKILL");
    }
  }

  async restart(order: FaultOrder): Promise<void> {
    const members = this.#ofService(order).filter((member) => member.isDown);
    await Promise.all(members.map((member) => this.#launch(member)));
    if (this.#isStopping) return;
    await this.#spreadAddresses(members);
    for (const member of members) {
      for (const [id, other] of this.#orders)
        if (this.#recipients(other).includes(member)) this.#send(member, { type: "fault", id, order: other });
    }
  }

  /** Counters of every process that answers within a second (one that stands still does not). */
  async count(): Promise<readonly MemberCounters[]> {
    const answers = this.#members.map(async (member): Promise<MemberCounters | null> => {
      const pid = member.child?.pid;
      if (pid === undefined || member.isDown) return null;
      const token = this.#nextToken++;
      const counters = await new Promise<ChildCounters | null>((resolve) => {
        const timer = setTimeout(() => resolve(null), COUNT_LIMIT_SECONDS * 1000);
        this.#counting.set(token, (counters) => {
          clearTimeout(timer);
          resolve(counters);
        });
        this.#send(member, { type: "count", token });
      });
      this.#counting.delete(token);
      return counters === null ? null : { member: member.name, pid, counters };
    });
    return (await Promise.all(answers)).filter((answer) => answer !== null);
  }

  /** Asks all to flush and end; what has not ended after the limit is killed. */
  async stop(): Promise<void> {
    this.#isStopping = true;
    const ends = this.#members.map(async (member) => {
      const { child } = member;
      if (child === null || child.exitCode !== null || child.signalCode !== null) return;
      const ended = new Promise<void>((resolve) => child.once("exit", () => resolve()));
      this.#send(member, { type: "stop" });
      const timer = setTimeout(() => child.kill("SIGKILL"), STOP_LIMIT_SECONDS * 1000);
      await ended;
      clearTimeout(timer);
    });
    await Promise.all(ends);
  }

  async #launch(member: Member): Promise<void> {
    if (this.#isStopping) return;
    const child = fork(CHILD_FILE, [], {
      env: this.#environment(member),
      execArgv: ["--disable-warning=ExperimentalWarning", "--disable-warning=TimeoutNegativeWarning"],
      stdio: ["ignore", "ignore", "inherit", "ipc"],
    });
    member.child = child;
    const listening = new Promise<void>((resolve, reject) => {
      member.ready = resolve;
      member.failed = reject;
    });
    child.on("message", (message: FromChild) => this.#hear(member, message));
    child.on("error", (error) => member.failed?.(error));
    child.on("exit", (code, signal) => this.#sawExit(member, child, `ended with ${signal ?? `code ${code}`}`));
    const { shop, seed } = this.#options;
    this.#send(member, { type: "start", shop, role: member.role, seed, port: member.port });
    await withLimit(listening, START_LIMIT_SECONDS, `${member.name} did not start`);
    member.isDown = false;
  }

  #hear(member: Member, message: FromChild): void {
    if (message.type === "listening") {
      member.port = message.port;
      member.ready?.();
    } else if (message.type === "ready") member.ready?.();
    else if (message.type === "counters") this.#counting.get(message.token)?.(message.counters);
    else member.failed?.(new Error(`${member.name}: ${message.message}`));
  }

  #sawExit(member: Member, child: ChildProcess, reason: string): void {
    if (member.child === child) member.child = null;
    member.failed?.(new Error(`${member.name} ${reason}`));
    if (!member.isDown && !this.#isStopping) this.#options.onLoss(member.name, reason);
    member.isDown = true;
  }

  /** Tells every process where the others are and waits until those just started have taken it in. */
  async #spreadAddresses(started: readonly Member[]): Promise<void> {
    const ports = new Map<string, number[]>();
    for (const member of this.#members) ports.set(member.address, [...(ports.get(member.address) ?? []), member.port]);
    const addresses: Address[] = [...ports].map(([name, list]) => ({ name, ports: list }));
    const taken = this.#members.map((member) => {
      const isAwaited = started.includes(member) && member.role.kind === "service";
      const ready = isAwaited
        ? new Promise<void>((resolve, reject) => {
            member.ready = resolve;
            member.failed = reject;
          })
        : Promise.resolve();
      this.#send(member, { type: "addresses", addresses });
      return withLimit(ready, START_LIMIT_SECONDS, `${member.name} did not become ready`);
    });
    await Promise.all(taken);
  }

  #send(member: Member, message: ToChild): void {
    const { child } = member;
    // The callback takes the error of a process that is just ending; its exit is seen elsewhere.
    if (child?.connected === true) child.send(message, () => undefined);
  }

  #ofService({ service, replica }: FaultOrder): readonly Member[] {
    return this.#members.filter(
      ({ role }) =>
        role.kind === "service" && role.service === service && (replica === null || role.replica === replica),
    );
  }

  #recipients(order: FaultOrder): readonly Member[] {
    // Edges are disturbed at the callers; every process may be one.
    if (order.kind === "network-delay" || order.kind === "network-loss") return this.#members;
    if (order.kind !== "slow-dependency") return this.#ofService(order);
    const owner = this.#options.shop.services.find(({ database }) => `sqlite/${database?.namespace}` === order.service);
    return owner === undefined ? [] : this.#ofService({ ...order, service: owner.name });
  }

  #environment(member: Member): NodeJS.ProcessEnv {
    const { otlpEndpoint, otlpProtocol } = this.#options;
    const own: NodeJS.ProcessEnv = {};
    for (const [key, value] of Object.entries(process.env)) if (!key.startsWith("OTEL_")) own[key] = value;
    return {
      // Eleven processes load the same code: compiled once, they start in little more than half the time.
      NODE_COMPILE_CACHE: join(tmpdir(), "spantwin-compile-cache"),
      ...own,
      OTEL_SERVICE_NAME: member.address,
      OTEL_RESOURCE_ATTRIBUTES: `service.instance.id=${member.name},service.version=1.0.0`,
      OTEL_NODE_RESOURCE_DETECTORS: "env",
      OTEL_TRACES_EXPORTER: "otlp",
      OTEL_METRICS_EXPORTER: "otlp",
      OTEL_LOGS_EXPORTER: "none",
      OTEL_EXPORTER_OTLP_ENDPOINT: otlpEndpoint,
      OTEL_EXPORTER_OTLP_PROTOCOL: otlpProtocol,
      OTEL_BSP_SCHEDULE_DELAY: "500",
      OTEL_BSP_MAX_QUEUE_SIZE: "8192",
      OTEL_METRIC_EXPORT_INTERVAL: "5000",
      OTEL_METRIC_EXPORT_TIMEOUT: "4000",
    };
  }
}

function membersOf({ shop, kafka }: FleetOptions): readonly Member[] {
  const blank = { child: null, port: 0, isDown: true, ready: null, failed: null };
  const topicSuffix = kafka === null ? "" : `-${process.pid}-${Date.now()}`;
  const members: Member[] = [];
  for (const { name, replicaCount } of shop.services) {
    for (let replica = 1; replica <= replicaCount; replica++) {
      const role: ChildRole = { kind: "service", service: name, replica, kafka, topicSuffix };
      members.push({ ...blank, name: `${name}-${replica}`, address: name, role });
    }
  }
  for (const { peer } of shop.externals)
    members.push({ ...blank, name: peer, address: peer, role: { kind: "external", peer } });
  if (kafka === null) members.push({ ...blank, name: BROKER_NAME, address: BROKER_NAME, role: { kind: "broker" } });
  return members;
}

async function withLimit<T>(promise: Promise<T>, limitSeconds: number, message: string): Promise<T> {
  let timer: NodeJS.Timeout | undefined;
  const limit = new Promise<never>((_, reject) => {
    timer = setTimeout(() => reject(new Error(`${message} within ${limitSeconds} s`)), limitSeconds * 1000);
  });
  try {
    return await Promise.race([promise, limit]);
  } finally {
    clearTimeout(timer);
  }
}
