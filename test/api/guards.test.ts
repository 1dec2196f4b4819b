import { connect } from "node:net";
import { text } from "node:stream/consumers";
import { afterAll, beforeAll, describe, expect, test } from "vitest";

import { type RunningApi, runApi } from "./running-api.ts";

let running: RunningApi;
let own: string;
beforeAll(async () => {
  running = await runApi({ allowedHosts: ["twin.example.org"] });
  own = `127.0.0.1:${running.listening.port}`;
});
afterAll(() => running.stop());

describe("a write", () => {
  test.each([
    ["another origin", { origin: "https://evil.example" }],
    ["an opaque origin", { origin: "null" }],
    ["another port", { origin: "http://127.0.0.1:1" }],
    ["another site", { "sec-fetch-site": "cross-site" }],
    ["a sibling site", { "sec-fetch-site": "same-site" }],
  ])("from %s is refused with 403, wherever it goes", async (_, headers) => {
    for (const path of ["/api/v1/incidents", "/api/v1/nothing", "/"]) {
      for (const method of ["POST", "PUT", "DELETE", "PATCH", "OPTIONS"]) {
        const answer = await running.ask(path, { method, headers });
        expect(answer.status, `${method} ${path}`).toBe(403);
        expect(answer.json()).toEqual({ error: `${method} from another site is refused` });
        expect(Object.keys(answer.headers).filter((name) => name.startsWith("access-control"))).toEqual([]);
      }
    }
  });

  test("from the own page or a program passes the guard: 405 on a known path, 404 on an unknown one", async () => {
    for (const headers of [{}, { origin: `http://${own}`, "sec-fetch-site": "same-origin" }]) {
      const known = await running.ask("/api/v1/incidents", { method: "POST", headers });
      expect(known.status).toBe(405);
      expect(known.headers.allow).toBe("GET, HEAD");
      expect((await running.ask("/api/v1/nothing", { method: "POST", headers })).status).toBe(404);
      expect((await running.ask("/", { method: "POST", headers })).status).toBe(405);
    }
  });
});

test("a read from another origin gets no leave to be read", async () => {
  const answer = await running.ask("/api/v1/status", { headers: { origin: "https://evil.example" } });
  expect(answer.headers["access-control-allow-origin"]).toBeUndefined();
  expect(answer.headers["cross-origin-resource-policy"]).toBe("same-origin");
});

describe("the Host header, bound to loopback", () => {
  test.each([
    "localhost",
    "LOCALHOST:7171",
    "127.0.0.1",
    "127.8.9.1:80",
    "[::1]:7171",
    "twin.example.org",
    "twin.example.org:443",
  ])("%s is taken", async (host) => {
    expect((await running.ask("/api/v1/status", { headers: { host } })).status).toBe(200);
  });

  test.each([
    "evil.example",
    "localhost.evil.example",
    "127.0.0.1.evil.example",
    "evil.example:7171",
    "[::2]",
    "x@localhost",
  ])('"%s" is refused with 403, for the page too', async (host) => {
    for (const path of ["/api/v1/status", "/", "/metrics"]) {
      expect((await running.ask(path, { headers: { host } })).status).toBe(403);
    }
  });
});

test.each(["HTTP/1.1\r\nHost:", "HTTP/1.0"])("a request without a name (%j) is refused with 403", async (rest) => {
  const socket = connect(running.listening.port, "127.0.0.1");
  socket.end(`GET /api/v1/status ${rest}\r\nConnection: close\r\n\r\n`);
  expect(await text(socket)).toMatch(/^HTTP\/1\.1 403 /);
});

test("bound to every address, any name is taken, unless names are configured", async () => {
  const open = await runApi({ host: "0.0.0.0" });
  expect((await open.ask("/healthz", { headers: { host: "node-7.cluster" } })).status).toBe(200);
  await open.stop();

  const named = await runApi({ host: "0.0.0.0", allowedHosts: ["twin.example.org"] });
  expect((await named.ask("/healthz", { headers: { host: "node-7.cluster" } })).status).toBe(403);
  expect((await named.ask("/healthz", { headers: { host: "twin.example.org" } })).status).toBe(200);
  await named.stop();
});

test("every answer carries the security headers", async () => {
  for (const path of ["/", "/api/v1/status", "/api/v1/nothing", "/missing.js"]) {
    const { headers } = await running.ask(path);
    const policy = headers["content-security-policy"];
    expect(policy, path).toContain("default-src 'self'");
    expect(policy, path).toContain("frame-ancestors 'none'");
    expect(policy, path).not.toContain("unsafe");
    expect(headers["x-content-type-options"], path).toBe("nosniff");
    expect(headers["referrer-policy"], path).toBe("no-referrer");
    expect(headers["x-powered-by"], path).toBeUndefined();
  }
});
