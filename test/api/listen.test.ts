import { connect, createServer } from "node:net";
import { expect, test } from "vitest";

import { createApi } from "../../src/api/create-api.ts";
import { listenApi } from "../../src/api/listen.ts";
import { SettingsError } from "../../src/contracts/errors.ts";
import { createOwnMetrics } from "../../src/self/own-metrics.ts";
import { openSqliteStore } from "../../src/store/sqlite-store.ts";
import { NotedFeedback } from "./noted-feedback.ts";
import { runApi } from "./running-api.ts";
import { ScriptedLive } from "./scripted-live.ts";

function anApi() {
  const metrics = createOwnMetrics();
  metrics.stop();
  const store = openSqliteStore({ dataDirectory: ":memory:" });
  return createApi({
    store,
    live: new ScriptedLive(),
    feedback: new NotedFeedback(),
    metrics,
    uiDirectory: "nowhere",
    version: "0",
  });
}

test("a port in use is refused in one line that names apiPort, the port and the rule", async () => {
  const other = createServer();
  await new Promise<void>((resolve) => other.listen(0, "127.0.0.1", resolve));
  const { port } = other.address() as { port: number };
  const error = await listenApi(anApi(), { host: "127.0.0.1", port }).catch((reason: unknown) => reason);
  other.close();
  expect(error).toBeInstanceOf(SettingsError);
  expect((error as SettingsError).key).toBe("apiPort");
  expect((error as Error).message).toBe(
    `apiPort: ${port} is in use on 127.0.0.1: choose another port, or 0 for a free one`,
  );
});

test("an address that is not this machine's is refused by name", async () => {
  await expect(listenApi(anApi(), { host: "192.0.2.1", port: 0 })).rejects.toThrow(
    'host: "192.0.2.1" is not an address of this machine',
  );
});

test("port 0 takes a free one and the url leads there", async () => {
  const running = await runApi();
  expect(running.listening.url).toBe(`http://127.0.0.1:${running.listening.port}/`);
  expect((await fetch(new URL("healthz", running.listening.url))).status).toBe(200);
  await running.stop();
});

test("a connection that never sends its request does not keep us from closing", async () => {
  const running = await runApi();
  const socket = connect(running.listening.port, "127.0.0.1");
  socket.on("error", () => undefined);
  await new Promise((resolve) => socket.on("connect", resolve));
  socket.write("GET /healthz HTTP/1.1\r\nHost: local");
  await running.stop();
  socket.destroy();
  await expect(running.ask("/healthz")).rejects.toThrow(/ECONNREFUSED/);
});
