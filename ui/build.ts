import { copyFile, mkdir, rm } from "node:fs/promises";
import { fileURLToPath } from "node:url";
import { build } from "esbuild";

const here = (path: string): string => fileURLToPath(new URL(path, import.meta.url));

/**
 * Builds the page into `ui/dist/`: index.html, app.js, app.css, favicon.svg. All local, all by relative address, so
 * that it works without a network and under any base path.
 *
 * @throws when the sources do not bundle; esbuild has then printed where.
 */
export async function buildUi(): Promise<void> {
  await rm(here("dist"), { recursive: true, force: true });
  await mkdir(here("dist"), { recursive: true });
  await build({
    entryPoints: [
      { in: here("main.ts"), out: "app" },
      { in: here("style/app.css"), out: "app" },
    ],
    outdir: here("dist"),
    bundle: true,
    minify: true,
    format: "iife",
    target: ["es2023", "chrome123", "firefox120", "safari17.5"],
    legalComments: "none",
    logLevel: "warning",
    tsconfigRaw: { compilerOptions: { target: "es2023", useDefineForClassFields: true } },
  });
  await copyFile(here("index.html"), here("dist/index.html"));
  await copyFile(here("favicon.svg"), here("dist/favicon.svg"));
}

if (import.meta.main) await buildUi();
