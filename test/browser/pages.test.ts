import { readFile } from "node:fs/promises";
import axe from "axe-core";
import { afterAll, afterEach, beforeAll, expect, test } from "vitest";
import { buildUi } from "../../ui/build.ts";
import { closeBrowser, type OpenedPage, openPage, type PageOptions } from "./chromium.ts";
import { type FixtureServer, startFixtureServer } from "./fixture-server.ts";
import { openFault } from "./fixtures/incidents.ts";
import type { Scenario } from "./fixtures/shop.ts";

// Goal: every page can be reached by its address alone, in both themes and at both widths, without an error, without
// a request to elsewhere, under the strictest content policy, and without an accessibility violation.

let server: FixtureServer;
let opened: OpenedPage | null = null;

beforeAll(async () => {
  await buildUi();
  server = await startFixtureServer({ scenario: "incident", basePath: "/some/base/" });
});

afterAll(async () => {
  await closeBrowser();
  await server.close();
});

afterEach(async () => {
  await opened?.close();
  opened = null;
});

const visit = async (scenario: Scenario, hash: string, options: PageOptions = {}): Promise<OpenedPage["page"]> => {
  server.show(scenario);
  opened = await openPage(server.url + hash, options);
  return opened.page;
};

interface Violation {
  readonly id: string;
  readonly impact: string | null;
  readonly nodes: readonly { readonly html: string; readonly failureSummary: string }[];
}

/** What axe finds, of any impact. The tool is put into the page past its content policy, by the debugger. */
async function violationsOf(page: OpenedPage["page"]): Promise<readonly string[]> {
  await page.evaluate(axe.source);
  const found: readonly Violation[] = await page.evaluate("axe.run(document).then((result) => result.violations)");
  return found.map(
    (one) =>
      `${one.impact ?? ""} ${one.id}: ${one.nodes.map((node) => `${node.html.slice(0, 160)} ${node.failureSummary}`).join(" | ")}`,
  );
}

const pages: readonly (readonly [Scenario, string, string])[] = [
  ["empty", "#/", "Waiting for the first span"],
  ["learning", "#/", "Learning: 5 of 11 services ready"],
  ["healthy", "#/", "All well"],
  ["incident", "#/", "POST /checkout: p95 640 ms, expected 118 ms"],
  ["incident", "#/?state=open&verdict=fault&node=pricing", "FIFO, 2 servers"],
  ["traffic", "#/", "Traffic, not fault."],
  ["many", "#/", "120 nodes"],
  ["incident", `#/incidents/${openFault.id}`, openFault.summary],
  ["incident", `#/incidents/${openFault.id}?series=0`, "Latency, p95"],
  ["incident", "#/services/pricing?range=1h", "Learned by the twin"],
  ["incident", `#/traces/${openFault.evidenceTraceIds[0]}`, "POST card-provider"],
  ["traffic", "#/model", "Held-out results"],
  ["incident", "#/telemetry", "4,211"],
  ["incident", "#/nowhere", "There is no such page"],
];

const look = async (scenario: Scenario, hash: string, text: string, options: PageOptions): Promise<void> => {
  const page = await visit(scenario, hash, options);
  await page.getByText(text).first().waitFor({ state: "attached" });
  await expect.poll(() => page.locator(".pending:not(.failed)").count()).toBe(0);
  expect(await violationsOf(page)).toEqual([]);
  expect(await page.evaluate("document.documentElement.scrollWidth <= window.innerWidth")).toBe(true);
  expect(opened?.problems).toEqual([]);
};

test.each(pages)("%s %s shows itself, accessible and without errors", (scenario, hash, text) =>
  look(scenario, hash, text, { theme: "light", width: 1440 }),
);

test.each(pages.filter(([scenario]) => scenario !== "many"))(
  "so does %s %s in the dark on a telephone",
  (scenario, hash, text) => look(scenario, hash, text, { theme: "dark", width: 360 }),
);

test("the content policy is really in force: an inline script put into the page does not run", async () => {
  const page = await visit("healthy", "#/", { mayFail: /Content.Security.Policy|TrustedScript/i });
  await page.evaluate(
    "const s = document.createElement('div'); try { s.innerHTML = '<b onclick=1>'; window.isLoose = true } catch {}",
  );
  expect(await page.evaluate("window.isLoose === true")).toBe(false);
});

test("the first page loads less than 250 KiB compressed", async () => {
  const { gzipSync } = await import("node:zlib");
  const files = await Promise.all(
    ["app.js", "app.css", "index.html"].map((name) => readFile(new URL(`../../ui/dist/${name}`, import.meta.url))),
  );
  expect(files.reduce((sum, file) => sum + gzipSync(file).length, 0)).toBeLessThan(250 * 1024);
});
