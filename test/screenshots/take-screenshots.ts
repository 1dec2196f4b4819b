/**
 * Takes the pictures of the documentation from the running product: the real server, fed with the sample recording over
 * OTLP, in a real browser. `npm run screenshots` writes docs/img/.
 */
import { mkdir, mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { readLabels } from "../../datasets/labels.ts";
import { VERSION } from "../../src/cli/version.ts";
import { startServer } from "../../src/pipeline/server.ts";
import { loadSettings } from "../../src/settings/load.ts";
import { replayBodies } from "../../src/telemetry/replay-bodies.ts";
import { closeBrowser, openPage } from "../browser/chromium.ts";

const SAMPLE = process.argv[2] ?? fileURLToPath(new URL("../../datasets/sample", import.meta.url));
const IMAGES = fileURLToPath(new URL("../../docs/img", import.meta.url));
const WIDE = { width: 1440, height: 900 };

const labels = readLabels(join(SAMPLE, "labels.json"));
const firstFault = labels.faults[0]!;
const surge = labels.loads![0]!;
const dataDirectory = await mkdtemp(join(tmpdir(), "spantwin-shots-"));
await mkdir(IMAGES, { recursive: true });
const settings = loadSettings({
  env: {},
  flags: { apiPort: "0", otlpGrpcPort: "0", otlpHttpPort: "0", dataDirectory },
  directory: SAMPLE,
});
const server = await startServer({
  settings,
  mode: "replay",
  version: VERSION,
  onError: (error) => console.error(error),
});
const bodies = replayBodies(SAMPLE, {});

/** Sends the recording on until the line's event time has passed the given one. */
async function playUntil(eventTimeSeconds: number): Promise<void> {
  while ((server.live.status().eventTimeSeconds ?? 0) < eventTimeSeconds) {
    const next = await bodies.next();
    if (next.done === true) {
      return;
    }
    await fetch(`http://127.0.0.1:${server.otlpHttpPort}/v1/${next.value.signal}`, {
      method: "POST",
      headers: { "content-type": "application/x-protobuf" },
      body: Buffer.from(next.value.protobuf),
    });
  }
}

async function shoot(name: string, hash: string, theme: "light" | "dark", size = WIDE): Promise<void> {
  const { page, close } = await openPage(`${server.url}${hash}`, { theme, ...size });
  await page.waitForTimeout(1200);
  await page.screenshot({ path: join(IMAGES, `${name}.png`) });
  await close();
  process.stderr.write(`docs/img/${name}.png\n`);
}

try {
  await shoot("empty", "#/", "light");
  await playUntil(labels.covered[0]![0] + 35);
  await shoot("learning", "#/", "light");
  await playUntil(surge.start + 27);
  await shoot("traffic", "#/", "light");
  await playUntil(firstFault.end + 2);
  await shoot("home-light", "#/", "light");
  await shoot("home-dark", "#/", "dark");
  const response = await fetch(`${server.url}api/v1/incidents?verdict=fault&limit=1`);
  const { incidents } = (await response.json()) as { incidents: { id: string }[] };
  const id = incidents[0]?.id;
  if (id === undefined) {
    throw new Error("the first fault of the sample opened no incident: there is nothing to show");
  }
  await shoot("incident-light", `#/incidents/${id}`, "light", { width: 1440, height: 1100 });
  await shoot("incident-dark", `#/incidents/${id}`, "dark", { width: 1440, height: 1100 });
  await shoot("incident-narrow", `#/incidents/${id}`, "light", { width: 390, height: 844 });
  await shoot("model", "#/model", "light");
} finally {
  await closeBrowser();
  await server.stop();
  await rm(dataDirectory, { recursive: true, force: true });
}
