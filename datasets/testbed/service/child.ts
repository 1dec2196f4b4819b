/**
 * One process of the testbed: a service replica, the broker or an outside peer. Forked by the supervisor, told what to
 * be over IPC, and gone when the supervisor is gone.
 */
import type { Server } from "node:net";
import type { ChildCounters, FromChild, ToChild } from "../messages.ts";
import { readCpuCounters } from "./cpu-counters.ts";

/** After this long a process that should stop is gone, flushed or not. */
const STOP_LIMIT_SECONDS = 2;

interface Child {
  readonly server: Server;
  accept(message: ToChild): void | Promise<void>;
  counters(): ChildCounters;
  close(): Promise<void>;
}

let child: Child | null = null;
let isStopping = false;

function tell(message: FromChild): void {
  if (process.connected) process.send?.(message);
}

async function createChild({ shop, role, seed }: Extract<ToChild, { type: "start" }>): Promise<Child> {
  if (role.kind === "broker") {
    const { createBroker } = await import("../broker/broker-server.ts");
    const server = createBroker();
    return {
      server,
      accept: () => undefined,
      counters: () => ({ pools: [], ...readCpuCounters() }),
      close: async () => void server.close(),
    };
  }
  if (role.kind === "external") {
    const { createExternalPeer } = await import("./external-peer.ts");
    const declaration = shop.externals.find((external) => external.peer === role.peer)!;
    const { server, slots } = createExternalPeer(declaration, seed);
    const counters = () => ({ pools: [slots.counters()], ...readCpuCounters() });
    return { server, accept: () => undefined, counters, close: async () => void server.close() };
  }
  const { startInstrumentation } = await import("./instrumentation.ts");
  const { compileRoute } = await import("./routes.ts");
  const routes = shop.services.find((service) => service.name === role.service)?.routes ?? [];
  const sdk = startInstrumentation(routes.map(compileRoute));
  const { ServiceNode } = await import("./service-node.ts");
  const node = new ServiceNode(shop, role, seed);
  return {
    server: node.front,
    accept: async (message) => {
      if (message.type === "fault") node.beginFault(message.id, message.order);
      else if (message.type === "fault-over") node.endFault(message.id);
      else if (message.type === "addresses") {
        await node.locate(message.addresses);
        tell({ type: "ready" });
      }
    },
    counters: () => node.counters(),
    close: async () => {
      await node.close();
      await sdk.shutdown();
    },
  };
}

async function start(message: Extract<ToChild, { type: "start" }>): Promise<void> {
  child = await createChild(message);
  const { server } = child;
  server.on("error", (error) => fail(error));
  server.listen({ port: message.port, host: "127.0.0.1" }, () => {
    const address = server.address();
    tell({ type: "listening", port: typeof address === "object" && address !== null ? address.port : 0 });
  });
}

function stop(): void {
  if (isStopping) return;
  isStopping = true;
  setTimeout(() => process.exit(0), STOP_LIMIT_SECONDS * 1000).unref();
  const exit = () => process.exit(0);
  if (child === null) exit();
  else child.close().then(exit, exit);
}

function fail(error: unknown): void {
  tell({ type: "failed", message: error instanceof Error ? error.message : String(error) });
  setTimeout(() => process.exit(1), 100);
}

process.on("message", (message: ToChild) => {
  if (message.type === "start") start(message).catch(fail);
  else if (message.type === "stop") stop();
  else if (message.type === "count") {
    if (child !== null) tell({ type: "counters", token: message.token, counters: child.counters() });
  } else {
    Promise.resolve(child?.accept(message)).catch(fail);
  }
});
process.on("disconnect", stop);
// Ctrl-C reaches the whole group; the supervisor decides when and in what order we stop.
process.on("SIGINT", () => undefined);
process.on("SIGTERM", stop);
