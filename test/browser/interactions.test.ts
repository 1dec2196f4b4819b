import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from "vitest";
import { buildUi } from "../../ui/build.ts";
import { closeBrowser, type OpenedPage, openPage, type PageOptions } from "./chromium.ts";
import { type FixtureServer, startFixtureServer } from "./fixture-server.ts";
import { openFault, pastTraffic } from "./fixtures/incidents.ts";
import { mapOf, nowSeconds, type Scenario, statusOf } from "./fixtures/shop.ts";

// Goal: what a person does with mouse and keyboard works, leaves its trace in the address, and survives live updates.

let server: FixtureServer;
let opened: OpenedPage | null = null;

beforeAll(buildUi);

afterAll(closeBrowser);

beforeEach(async () => {
  server = await startFixtureServer({ scenario: "incident" });
});

afterEach(async () => {
  await opened?.close();
  opened = null;
  await server.close();
});

const visit = async (scenario: Scenario, hash: string, options: PageOptions = {}): Promise<OpenedPage["page"]> => {
  server.show(scenario);
  opened = await openPage(server.url + hash, options);
  await opened.page.locator(".connection.live").waitFor();
  return opened.page;
};

const hashOf = (page: OpenedPage["page"]): string => new URL(page.url()).hash;

describe("incidents", () => {
  test("are filtered by links, the filter is in the address, and back undoes it", async () => {
    const page = await visit("incident", "#/");
    const rows = page.locator(".incident-row");
    expect(await rows.count()).toBe(3);
    expect(await rows.first().locator(".incident-link").textContent()).toBe("pricing");
    await page.getByRole("link", { name: "Open 1" }).click();
    await expect.poll(() => rows.count()).toBe(1);
    expect(hashOf(page)).toBe("#/?state=open");
    await page.getByRole("link", { name: "Traffic 0" }).click();
    await page.getByText("None of the 3 incidents is open and has the verdict traffic").waitFor();
    await page.goBack();
    await page.goBack();
    await expect.poll(() => rows.count()).toBe(3);
    expect(opened?.problems).toEqual([]);
  });

  test("are opened by a click anywhere in the row, and by j and Enter", async () => {
    const page = await visit("incident", "#/");
    const since = await page.locator(".incident-row").nth(1).locator(".col-since").boundingBox();
    await page.mouse.click((since?.x ?? 0) + 8, (since?.y ?? 0) + 8);
    await page.getByRole("heading", { name: pastTraffic.summary }).waitFor();
    await page.goBack();
    await page.locator(".incident-row").first().waitFor();
    await page.keyboard.press("j");
    await page.keyboard.press("Enter");
    await page.getByRole("heading", { name: openFault.summary }).waitFor();
    expect(await page.evaluate("document.activeElement.tagName")).toBe("H1");
  });

  test("appear, change and resolve live, without the page losing the focus", async () => {
    const page = await visit("healthy", "#/");
    await page.getByText("All well").waitFor();
    await page.locator('[data-node="cart"]').focus();
    server.push({ type: "incident", incident: openFault });
    server.push({ type: "map", map: mapOf("incident") });
    server.push({ type: "status", status: { ...statusOf("incident"), openIncidents: 1 } });
    await page.locator(".incident-row.open").waitFor();
    await page.locator(".map-node.health-faulty").waitFor();
    await expect.poll(() => page.title()).toBe("(1) Incidents · Spantwin");
    expect(await page.evaluate("document.activeElement.dataset.node")).toBe("cart");
    server.push({ type: "incident", incident: { ...openFault, state: "resolved", resolvedSeconds: nowSeconds } });
    await page.locator(".incident-row.open").waitFor({ state: "detached" });
  });
});

describe("the service map", () => {
  const positions =
    "[...document.querySelectorAll('[data-node]')].map((node) => node.dataset.node + node.getAttribute('transform')).join()";

  test("opens a panel by a click, names the node in the address, and closes it by Escape", async () => {
    const page = await visit("incident", "#/?state=open");
    await page.locator('[data-node="pricing"] .kind-body').click();
    const panel = page.getByRole("complementary", { name: "Service pricing" });
    await panel.getByText("FIFO, 2 servers").waitFor();
    expect(await panel.textContent()).toContain("16 ms to 24 ms");
    expect(hashOf(page)).toBe("#/?state=open&node=pricing");
    await page.keyboard.press("Escape");
    await panel.waitFor({ state: "detached" });
    expect(hashOf(page)).toBe("#/?state=open");
  });

  test("is walked with arrows and Enter", async () => {
    const page = await visit("incident", "#/");
    await page.locator('[data-node="gateway"]').focus();
    await page.keyboard.press("ArrowRight");
    const second = await page.evaluate("document.activeElement.dataset.node");
    expect(["cart", "checkout", "catalog"]).toContain(second);
    await page.keyboard.press("Enter");
    await page.getByRole("complementary", { name: `Service ${second}` }).waitFor();
  });

  test("says a node's numbers on hover", async () => {
    const page = await visit("incident", "#/");
    await page.locator('[data-node="shop-db"] .kind-body').hover();
    expect(await page.locator(".tooltip").textContent()).toContain("utilisation 63 %");
    await page.locator("h1").hover();
    await page.locator(".tooltip").waitFor({ state: "detached" });
  });

  test("keeps every node in its place when calls fall silent and when the page is loaded again", async () => {
    const page = await visit("healthy", "#/");
    await page.locator('[data-node="shop-db"]').waitFor();
    const before = await page.evaluate(positions);
    const map = mapOf("healthy");
    server.push({
      type: "map",
      map: { ...map, edges: map.edges.slice(0, 5), nodes: map.nodes.map((node) => ({ ...node, ratePerSecond: 0.5 })) },
    });
    await page.locator('[data-node="cart"] >> text=0.50/s').waitFor();
    expect(await page.evaluate(positions)).toBe(before);
    await page.reload();
    await page.locator('[data-node="shop-db"]').waitFor();
    expect(await page.evaluate(positions)).toBe(before);
  });

  test("zooms by button, key and wheel, stays so through updates, and fits again", async () => {
    const page = await visit("healthy", "#/");
    await page.locator('[data-node="shop-db"]').waitFor();
    const scale = async (): Promise<number> =>
      Number(/scale\(([\d.]+)/.exec((await page.locator(".viewport").getAttribute("transform")) ?? "")?.[1]);
    await expect.poll(scale).toBeGreaterThan(0);
    const fitted = await scale();
    await page.getByRole("button", { name: "Zoom in" }).click();
    expect(await scale()).toBeGreaterThan(fitted * 1.2);
    await page.locator('[data-node="gateway"]').focus();
    await page.keyboard.press("+");
    const near = await scale();
    expect(near).toBeGreaterThan(fitted * 1.6);
    await page.locator(".map-picture").hover({ position: { x: 20, y: 20 } });
    await page.mouse.wheel(0, 240);
    expect(await scale()).toBeLessThan(near);
    const kept = await scale();
    server.push({ type: "map", map: mapOf("incident") });
    await page.locator(".map-node.health-faulty").waitFor();
    expect(await scale()).toBe(kept);
    await page.getByRole("button", { name: "Fit the map" }).click();
    expect(await scale()).toBeCloseTo(fitted, 3);
  });

  test("fits on the screen with every name, wide and narrow", async () => {
    for (const width of [1440, 360]) {
      const page = await visit("healthy", "#/", { width });
      await page.locator('[data-node="shop-db"]').waitFor();
      await page.waitForTimeout(100);
      const outside = await page.evaluate(`(() => {
        const frame = document.querySelector(".map-picture").getBoundingClientRect();
        return [...document.querySelectorAll(".node-name")].map((name) => ({ name: name.textContent, box: name.getBoundingClientRect() }))
          .filter(({ box }) => box.left < frame.left || box.right > frame.right || box.top < frame.top || box.bottom > frame.bottom).map(({ name }) => name);
      })()`);
      expect(outside).toEqual([]);
      await opened?.close();
    }
  });
});

describe("an incident's page", () => {
  test("shares one crosshair, by mouse and by arrows", async () => {
    const page = await visit("incident", `#/incidents/${openFault.id}`);
    await page.locator(".band-chart").hover({ position: { x: 500, y: 100 } });
    await expect.poll(() => page.locator(".crosshair").count()).toBe(3);
    const readout = await page.locator(".readout").textContent();
    expect(readout).toMatch(/\d\d:\d\d:\d\d UTC/);
    expect(readout).toMatch(/expected \d/);
    await page.locator("h1").hover();
    await expect.poll(() => page.locator(".crosshair").count()).toBe(0);
    await page.locator(".charts").focus();
    await page.keyboard.press("ArrowLeft");
    await page.keyboard.press("ArrowLeft");
    await expect.poll(() => page.locator(".crosshair").count()).toBe(3);
    expect(await page.locator(".readout").textContent()).toContain("▲ above");
  });

  test("switches from the cause to what users feel, in the address", async () => {
    const page = await visit("incident", `#/incidents/${openFault.id}`);
    await page.getByRole("navigation", { name: "Series shown" }).getByText("POST /checkout").click();
    await page.getByRole("group", { name: /Charts of POST \/checkout at gateway/ }).waitFor();
    expect(hashOf(page)).toBe(`#/incidents/${openFault.id}?series=0`);
  });

  test("copies Markdown and a link that leads back, and downloads the API's JSON", async () => {
    const page = await visit("incident", `#/incidents/${openFault.id}`);
    await page.getByRole("button", { name: "Copy as Markdown" }).click();
    await page.getByText("Copied as Markdown").waitFor();
    const clipboard = (): Promise<string> => page.evaluate("navigator.clipboard.readText()");
    expect(await clipboard()).toContain("| POST /checkout at gateway | 640 ms | 118 ms | 6.2/s |");
    await page.getByRole("button", { name: "Copy link" }).click();
    await expect.poll(clipboard).toBe(`${server.url}#/incidents/${openFault.id}`);
    const [download] = await Promise.all([
      page.waitForEvent("download"),
      page.getByRole("link", { name: "Download JSON" }).click(),
    ]);
    expect(download.suggestedFilename()).toBe(`incident-${openFault.id}.json`);
    const chunks: Uint8Array[] = [];
    for await (const chunk of await download.createReadStream()) chunks.push(chunk as Uint8Array);
    expect(JSON.parse(Buffer.concat(chunks).toString())).toEqual(openFault);
  });

  test("leads to the trace, and from there back", async () => {
    const page = await visit("incident", `#/incidents/${openFault.id}`);
    await page.getByRole("link", { name: openFault.evidenceTraceIds[0]! }).click();
    await page.locator(".waterfall tbody tr").first().waitFor();
    expect(await page.locator(".waterfall tbody tr").count()).toBe(12);
    await page.goBack();
    await page.getByRole("heading", { name: openFault.summary }).waitFor();
  });

  test("says so when there is no such incident", async () => {
    const page = await visit("incident", "#/incidents/never-was", { mayFail: /404/ });
    await page.getByText("The incident cannot be shown: no incident never-was.").waitFor();
    expect(opened?.problems).toEqual([]);
  });
});

describe("everywhere", () => {
  test("the theme follows the system, is switched by button and key, and is remembered", async () => {
    const page = await visit("healthy", "#/", { theme: "dark" });
    const ground = (): Promise<string> => page.evaluate("getComputedStyle(document.documentElement).backgroundColor");
    const dark = await ground();
    await page.getByRole("button", { name: /^Theme: system/ }).click();
    await expect.poll(ground).not.toBe(dark);
    await page.reload();
    await page.getByRole("button", { name: /^Theme: light/ }).waitFor();
    expect(await ground()).not.toBe(dark);
    await page.keyboard.press("t");
    await expect.poll(ground).toBe(dark);
  });

  test("? opens the keyboard help, Escape closes it and gives the focus back", async () => {
    const page = await visit("healthy", "#/");
    await page.locator(".help-switch").focus();
    await page.keyboard.press("?");
    await page.getByRole("dialog", { name: "Keyboard" }).waitFor();
    await page.keyboard.press("Escape");
    await page.getByRole("dialog").waitFor({ state: "detached" });
    await expect.poll(() => page.evaluate("document.activeElement.className")).toContain("help-switch");
    await page.keyboard.press("g");
    await page.keyboard.press("m");
    await page.getByRole("heading", { name: "Model", exact: true }).waitFor();
  });

  test("snippets are copied as they stand", async () => {
    const page = await visit("empty", "#/");
    await page.getByRole("button", { name: "Copy environment for gRPC" }).click();
    await page.getByText("Copied environment for gRPC").waitFor();
    expect(await page.evaluate("navigator.clipboard.readText()")).toContain(
      "OTEL_EXPORTER_OTLP_ENDPOINT=http://127.0.0.1:4317\n",
    );
  });

  test("a lost connection is told, keeps what was known, and comes back by a button", async () => {
    const page = await visit("incident", "#/", { mayFail: /api\/v1/ });
    await page.locator(".incident-row").first().waitFor();
    server.refuse("all");
    await page.getByText("Connection lost.").waitFor();
    expect(await page.locator(".incident-row").count()).toBe(3);
    server.refuse("nothing");
    server.show("healthy");
    await page.getByRole("button", { name: "Try now" }).click();
    await page.locator(".connection.live").waitFor();
    await page.getByText("Connection lost.").waitFor({ state: "detached" });
    await expect.poll(() => page.locator(".incident-row").count()).toBe(2);
    expect(opened?.problems).toEqual([]);
  });

  test("without a stream the page asks again by itself", async () => {
    const page = await visit("learning", "#/", { mayFail: /api\/v1\/stream/ });
    server.refuse("stream");
    await page.locator(".connection.polling").waitFor();
    server.show("healthy");
    await page.getByText("All well").waitFor({ timeout: 20_000 });
    expect(opened?.problems).toEqual([]);
  });

  test("from nothing to a verdict, the same page goes through waiting, learning and watching", async () => {
    const page = await visit("empty", "#/");
    for (const [scenario, text] of [
      ["learning", "Learning: 5 of 11 services ready"],
      ["healthy", "All well"],
    ] as const) {
      server.push({ type: "status", status: statusOf(scenario) });
      server.push({ type: "map", map: mapOf(scenario) });
      await page.getByText(text).waitFor();
    }
    expect(await page.locator("[data-node]").count()).toBe(11);
    expect(opened?.problems).toEqual([]);
  });
});
