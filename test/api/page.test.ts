import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";

import { SettingsError } from "../../src/contracts/errors.ts";
import { type RunningApi, runApi } from "./running-api.ts";

describe("a page that is not built", () => {
  test("says so in plain text and what to do, and the API still answers", async () => {
    const running = await runApi();
    const answer = await running.ask("/");
    expect(answer.status).toBe(503);
    expect(answer.headers["content-type"]).toMatch(/^text\/plain/);
    expect(answer.text).toMatch(/not built.*npm run build:ui/);
    expect((await running.ask("/api/v1/status")).status).toBe(200);
    expect(running.errors).toEqual([]);
    await running.stop();
  });
});

describe.each([{ basePath: "" }, { basePath: "/tools/twin" }])("a built page under '$basePath'", ({ basePath }) => {
  let running: RunningApi;
  beforeAll(async () => {
    running = await runApi({ basePath });
    writeFileSync(join(running.uiDirectory, "index.html"), "<!doctype html><title>page</title>");
    writeFileSync(join(running.uiDirectory, "main.js"), "export {};");
    writeFileSync(join(running.uiDirectory, ".secret"), "secret");
    mkdirSync(join(running.uiDirectory, "directory"));
  });
  afterAll(() => running.stop());

  test("its start and its files are served with their types", async () => {
    const start = await running.ask(`${basePath}/`);
    expect(start).toMatchObject({ status: 200, text: "<!doctype html><title>page</title>" });
    expect(start.headers["content-type"]).toMatch(/^text\/html/);
    expect((await running.ask(`${basePath}/main.js`)).headers["content-type"]).toMatch(/^text\/javascript/);
    expect((await running.ask(`${basePath}/index.html`)).status).toBe(200);
  });

  test("a path that is no file leads to its start; a missing file is missing", async () => {
    for (const path of ["/incidents/1", "/directory", "//evil.example/x"]) {
      const answer = await running.ask(`${basePath}${path}`);
      expect(answer.status, path).toBe(302);
      expect(answer.headers.location, path).toBe(`${basePath}/`);
    }
    expect((await running.ask(`${basePath}/missing.js`)).status).toBe(404);
  });

  test("nothing outside its directory and nothing hidden in it is served", async () => {
    for (const path of [
      "/.secret",
      "/../package.json",
      "/%2e%2e/package.json",
      "/..%2f..%2fetc/passwd",
      "/directory/../.secret",
    ]) {
      const answer = await running.ask(`${basePath}${path}`);
      expect(answer.text, path).not.toContain("secret");
      expect([302, 400, 403, 404], path).toContain(answer.status);
    }
  });

  test("the API lies beside it", async () => {
    expect((await running.ask(`${basePath}/api/v1/status`)).status).toBe(200);
    expect((await running.ask(`${basePath}/healthz`)).status).toBe(200);
    const document = (await running.ask(`${basePath}/api/v1/openapi.json`)).json();
    expect(document).toMatchObject({ info: { version: "1.2.3" }, servers: [{ url: basePath || "/" }] });
  });
});

test("under a base path, the path itself leads to its slash and everything else is not there", async () => {
  const running = await runApi({ basePath: "/twin" });
  expect((await running.ask("/twin?x=1")).headers.location).toBe("/twin/");
  const outside = await running.ask("/api/v1/status");
  expect(outside.status).toBe(404);
  expect(outside.json()).toEqual({ error: "/api/v1/status is not here: everything lies under /twin/" });
  await running.stop();
});

test.each(["twin", "/twin/", "/", "/a b", "/a/../b?"])("the base path %s is refused", async (basePath) => {
  await expect(runApi({ basePath })).rejects.toThrow(SettingsError);
});
