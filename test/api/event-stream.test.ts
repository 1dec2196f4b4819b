import { connect, type Socket } from "node:net";
import { setTimeout as wait } from "node:timers/promises";
import { afterEach, expect, test, vi } from "vitest";

import type { ApiOptions } from "../../src/api/create-api.ts";
import type { StreamEvent } from "../../src/contracts/api.ts";
import { anIncident } from "../store/samples.ts";
import { type RunningApi, runApi } from "./running-api.ts";
import { aMap, aStatus } from "./scripted-live.ts";

const sockets: Socket[] = [];
let running: RunningApi | null = null;
afterEach(async () => {
  for (const socket of sockets.splice(0)) socket.destroy();
  await running?.stop();
  running = null;
});

async function start(options: Partial<ApiOptions> = {}): Promise<RunningApi> {
  running = await runApi(options);
  return running;
}

/** A client as plain as can be: what the socket says, as text. */
function join({ listening }: RunningApi): { socket: Socket; text: () => string; isClosed: () => boolean } {
  let text = "";
  let isClosed = false;
  const socket = connect(listening.port, "127.0.0.1");
  sockets.push(socket);
  socket.setEncoding("utf8").on("data", (chunk: string) => {
    text += chunk;
  });
  socket.on("close", () => {
    isClosed = true;
  });
  socket.on("error", () => undefined);
  socket.write("GET /api/v1/stream HTTP/1.1\r\nHost: localhost\r\n\r\n");
  return { socket, text: () => text, isClosed: () => isClosed };
}

function eventsIn(text: string): StreamEvent[] {
  return [...text.matchAll(/^data: (.*)$/gm)].map((match) => JSON.parse(match[1] ?? "") as StreamEvent);
}

test("a client gets status and map first, then every event in order", async () => {
  const api = await start();
  const client = join(api);
  await vi.waitFor(() => expect(eventsIn(client.text())).toHaveLength(2));
  expect(client.text()).toMatch(/^HTTP\/1.1 200 OK\r\n/);
  expect(client.text().toLowerCase()).toContain("content-type: text/event-stream; charset=utf-8");

  const incident: StreamEvent = { type: "incident", incident: anIncident({ summary: "line\nbreak\r\ndata: fake" }) };
  api.live.emit(incident);
  api.live.emit({ type: "window", atSeconds: 5 });
  await vi.waitFor(() => expect(eventsIn(client.text())).toHaveLength(4));
  expect(eventsIn(client.text())).toEqual([
    { type: "status", status: aStatus },
    { type: "map", map: aMap },
    incident,
    { type: "window", atSeconds: 5 },
  ]);
});

test("an incident comes with every key, also those that it may lack inside", async () => {
  const api = await start();
  const client = join(api);
  await vi.waitFor(() => expect(eventsIn(client.text())).toHaveLength(2));
  const { deployments: _, feedback: __, withoutIt: ___, ...bare } = anIncident();
  api.live.emit({ type: "incident", incident: bare });
  await vi.waitFor(() => expect(eventsIn(client.text())).toHaveLength(3));
  const incident = { ...bare, deployments: [], feedback: null, withoutIt: null };
  expect(eventsIn(client.text())[2]).toEqual({ type: "incident", incident });
});

test("a heartbeat comes while nothing happens", async () => {
  const client = join(await start({ streamLimits: { heartbeatSeconds: 0.02 } }));
  await vi.waitFor(() => expect(client.text().match(/^: heartbeat$/gm)?.length).toBeGreaterThanOrEqual(2));
});

test("the line is listened to once for all clients, and not at all without one", async () => {
  const api = await start();
  const clients = [join(api), join(api), join(api)];
  await vi.waitFor(() => expect(clients.every((client) => eventsIn(client.text()).length === 2)).toBe(true));
  expect(api.live.listenerCount).toBe(1);
  expect((await api.ask("/metrics")).text).toContain("\nspantwin_sse_clients 3\n");
  for (const { socket } of clients) socket.destroy();
  await vi.waitFor(() => expect(api.live.listenerCount).toBe(0));
  expect((await api.ask("/metrics")).text).toContain("\nspantwin_sse_clients 0\n");
});

test("beyond the limit a client is refused with 503, counted, and has a place when another leaves", async () => {
  const api = await start({ streamLimits: { maxClients: 2 } });
  const clients = [join(api), join(api)];
  await vi.waitFor(() => expect(clients.every((client) => eventsIn(client.text()).length === 2)).toBe(true));
  const refused = await api.ask("/api/v1/stream");
  expect(refused.status).toBe(503);
  expect(refused.headers["retry-after"]).toBe("1");
  expect(refused.json()).toEqual({ error: "the stream has 2 clients already: try again later" });
  expect((await api.ask("/metrics")).text).toContain("\nspantwin_sse_clients_refused_total 1\n");

  clients[0]?.socket.destroy();
  await vi.waitFor(async () => expect((await api.ask("/metrics")).text).toContain("\nspantwin_sse_clients 1\n"));
  const next = join(api);
  await vi.waitFor(() => expect(eventsIn(next.text())).toHaveLength(2));
});

test("a client that does not read is let go and counted; the others miss nothing", async () => {
  const api = await start({ streamLimits: { maxBufferBytes: 200_000 } });
  const slow = join(api);
  const good = join(api);
  await vi.waitFor(() => expect(eventsIn(slow.text() + good.text())).toHaveLength(4));
  slow.socket.pause();

  const big: StreamEvent = { type: "incident", incident: anIncident({ summary: "x".repeat(100_000) }) };
  const dropped = async () => (await api.ask("/metrics")).text.includes("\nspantwin_sse_clients_dropped_total 1\n");
  let sent = 0;
  while (sent < 2000 && !(await dropped())) {
    api.live.emit(big);
    sent += 1;
    await vi.waitFor(() => expect(good.text().length).toBeGreaterThan(sent * 100_000), { interval: 2 });
  }
  expect(await dropped()).toBe(true);
  expect((await api.ask("/metrics")).text).toContain("\nspantwin_sse_clients 1\n");
  expect(eventsIn(good.text())).toHaveLength(2 + sent);
});

test("closing ends the streams at once and leaves no connection", async () => {
  const api = await start();
  const client = join(api);
  await vi.waitFor(() => expect(eventsIn(client.text())).toHaveLength(2));
  await api.listening.close();
  await vi.waitFor(() => expect(client.isClosed()).toBe(true));
  expect(client.text().endsWith("0\r\n\r\n")).toBe(true);
  expect(api.live.listenerCount).toBe(0);
  await expect(api.ask("/healthz")).rejects.toThrow(/ECONNREFUSED/);
  await wait(0);
  await expect(api.listening.close()).resolves.toBeUndefined();
});
