import { execFile } from "node:child_process";
import { createHash } from "node:crypto";
import { existsSync, mkdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { delimiter, join } from "node:path";
import { promisify } from "node:util";
import { root } from "../house/sources.ts";

const run = promisify(execFile);
const FETCH_TIMEOUT_MS = 600_000;

/** How to start a client; its arguments are the gRPC and the HTTP address. */
export interface Client {
  readonly language: string;
  readonly command: readonly string[];
  /** Why it cannot be had here, or null. */
  readonly missing: string | null;
}

const sources = join(root, "test/clients");
const cache = (language: string) => join(root, ".cache/clients", language);

export const javascript = async (): Promise<Client> => ({
  language: "javascript",
  command: [process.execPath, join(sources, "javascript/send.ts")],
  missing: null,
});

export async function python(): Promise<Client> {
  const home = cache("python");
  const interpreter = join(home, "bin/python");
  const requirements = join(sources, "python/requirements.txt");
  const command = [interpreter, join(sources, "python/send.py")];
  const missing = await fetched("python", ["python3"], [requirements], async () => {
    await run("python3", ["-m", "venv", home]);
    await run(interpreter, ["-m", "pip", "install", "-q", "-r", requirements], { timeout: FETCH_TIMEOUT_MS });
  });
  return { language: "python", command, missing };
}

export async function java(): Promise<Client> {
  const home = cache("java");
  const pom = join(sources, "java/pom.xml");
  const program = join(sources, "java/src/main/java/Send.java");
  const command = ["java", "-cp", join(home, "jars", "*"), program];
  const missing = await fetched("java", ["java", "mvn"], [pom], async () => {
    const copy = "org.apache.maven.plugins:maven-dependency-plugin:3.8.1:copy-dependencies";
    const where = [`-Dmaven.repo.local=${join(home, "repository")}`, `-DoutputDirectory=${join(home, "jars")}`];
    await run("mvn", ["-q", "-B", "-f", pom, ...where, copy], { timeout: FETCH_TIMEOUT_MS });
  });
  return { language: "java", command, missing };
}

export async function go(): Promise<Client> {
  const home = cache("go");
  const folder = join(sources, "go");
  const program = join(home, "send");
  // Not read-only, so that the folder can be deleted like any other.
  const env = { ...process.env, GOMODCACHE: join(home, "mod"), GOCACHE: join(home, "build"), GOFLAGS: "-modcacherw" };
  const missing = await fetched("go", ["go"], [join(folder, "go.mod"), join(folder, "go.sum")], async () => {
    await run("go", ["mod", "download"], { cwd: folder, env, timeout: FETCH_TIMEOUT_MS });
  });
  // A program that does not compile is a failure, not something that is missing.
  if (missing === null) await run("go", ["build", "-o", program, "."], { cwd: folder, env, timeout: FETCH_TIMEOUT_MS });
  return { language: "go", command: [program], missing };
}

/** Fetches what a client needs unless that was done for these files before. Gives the reason when it cannot. */
async function fetched(
  language: string,
  tools: readonly string[],
  manifests: readonly string[],
  fetch: () => Promise<void>,
): Promise<string | null> {
  const absent = tools.find((tool) => !isOnPath(tool));
  if (absent !== undefined) return `no ${absent} on this machine`;
  const home = cache(language);
  const stamp = join(home, "fetched");
  const hash = createHash("sha256");
  for (const manifest of manifests) hash.update(readFileSync(manifest));
  const wanted = hash.digest("hex");
  if (existsSync(stamp) && readFileSync(stamp, "utf8") === wanted) return null;
  rmSync(home, { recursive: true, force: true });
  mkdirSync(home, { recursive: true });
  try {
    await fetch();
  } catch (error) {
    const lines = error instanceof Error ? error.message.trim().split("\n") : [String(error)];
    return `its packages cannot be fetched: ${lines.at(-1)}`;
  }
  writeFileSync(stamp, wanted);
  return null;
}

function isOnPath(tool: string): boolean {
  return (process.env["PATH"] ?? "").split(delimiter).some((folder) => existsSync(join(folder, tool)));
}
