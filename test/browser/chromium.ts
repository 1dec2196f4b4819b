import { existsSync } from "node:fs";
import chromium from "@sparticuz/chromium";
import { type Browser, type Page, chromium as playwright } from "playwright-core";

/** What went wrong in a page while it was open: console errors, uncaught errors, requests to other hosts, failed loads. */
export interface OpenedPage {
  readonly page: Page;
  readonly problems: readonly string[];
  close(): Promise<void>;
}

export interface PageOptions {
  readonly theme?: "light" | "dark";
  readonly width?: number;
  readonly height?: number;
  /** Device pixels a CSS pixel, for sharp pictures. */
  readonly scale?: number;
  /** Loads that may fail without being a problem, e.g. while a test refuses them. */
  readonly mayFail?: RegExp;
}

let shared: Promise<Browser> | null = null;

/** `CHROMIUM_PATH` when set, else the binary the npm package ships. */
export async function chromiumPath(): Promise<string> {
  const named = process.env["CHROMIUM_PATH"];
  if (named === undefined || named === "") return chromium.executablePath();
  if (!existsSync(named)) throw new Error(`CHROMIUM_PATH: ${JSON.stringify(named)} does not exist`);
  return named;
}

const launch = async (): Promise<Browser> =>
  playwright.launch({
    executablePath: await chromiumPath(),
    args: [
      "--headless=shell",
      "--no-sandbox",
      "--disable-gpu",
      "--disable-dev-shm-usage",
      "--hide-scrollbars",
      "--font-render-hinting=none",
    ],
  });

/**
 * Opens an address in a fresh profile of one shared headless Chromium, with reduced motion so that pictures stand still.
 * Call `closeBrowser` when done with all pages.
 */
export async function openPage(url: string, options: PageOptions = {}): Promise<OpenedPage> {
  shared ??= launch();
  const browser = await shared;
  const context = await browser.newContext({
    viewport: { width: options.width ?? 1440, height: options.height ?? 900 },
    colorScheme: options.theme ?? "light",
    deviceScaleFactor: options.scale ?? 1,
    reducedMotion: "reduce",
    locale: "en-GB",
    timezoneId: "Europe/Berlin",
    permissions: ["clipboard-read", "clipboard-write"],
  });
  const page = await context.newPage();
  const problems: string[] = [];
  const origin = new URL(url).origin;
  const isExcused = (text: string): boolean => options.mayFail?.test(text) ?? false;
  page.on("console", (message) => {
    const text = `${message.text()} ${message.location().url}`;
    if ((message.type() === "error" || message.type() === "warning") && !isExcused(text))
      problems.push(`console: ${text}`);
  });
  page.on("pageerror", (error) => problems.push(`error: ${error.message}`));
  page.on("request", (request) => {
    if (!request.url().startsWith(origin) && !request.url().startsWith("data:"))
      problems.push(`external request: ${request.url()}`);
  });
  await page.goto(url);
  return {
    page,
    problems,
    close: () => context.close(),
  };
}

/** Ends the shared browser; the next `openPage` starts another. */
export async function closeBrowser(): Promise<void> {
  const browser = await shared;
  shared = null;
  await browser?.close();
}
