// Makes a fresh clone ready: packages, Node 24, the built page. Runs before start, test and spantwin.
// It must run before anything is installed, so: plain JavaScript, Node 20, no dependency.
// It never writes to stdout (a command's JSON goes there) and says nothing when there is nothing to do.
import { spawn, spawnSync } from "node:child_process";
import { createHash } from "node:crypto";
import { existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { basename, delimiter, dirname, join, resolve } from "node:path";
import { fileURLToPath } from "node:url";
import { releaseLock, takeLock } from "./setup-lock.mjs";

const root = resolve(dirname(fileURLToPath(import.meta.url)), "..");
const modules = join(root, "node_modules");
const packagesStamp = join(modules, ".spantwin-setup");
const pageStamp = join(root, "ui/dist/.spantwin-setup");
const installedNode = join(modules, ".bin", process.platform === "win32" ? "node.exe" : "node");
const lock = join(root, ".cache/setup-lock");

const oldestNodeMajor = 20;
const neededNodeMajor = 24;
const stillAliveSeconds = 10;
const stopGraceMilliseconds = 1500;
const outputTailCharacters = 8000;

/** A failure that is told in one line, without a stack. */
class SetupError extends Error {}

const say = (line) => process.stderr.write(`setup: ${line}\n`);
const digest = (...parts) => createHash("sha256").update(parts.join("\0")).digest("hex");
const readText = (path) => (existsSync(path) ? readFileSync(path, "utf8") : "");

function refuseOldNode() {
  const major = Number(process.versions.node.split(".")[0]);
  if (major < oldestNodeMajor) {
    throw new SetupError(`Node ${process.versions.node} is too old: version ${oldestNodeMajor} or newer is needed`);
  }
}

const dependencyFields = ["dependencies", "devDependencies", "optionalDependencies"];

/** What the installed packages depend on. Scripts and texts of package.json may change without a new install. */
function wantedPackages() {
  const manifest = JSON.parse(readFileSync(join(root, "package.json"), "utf8"));
  const lockText = readText(join(root, "package-lock.json"));
  const fields = dependencyFields.map((field) => manifest[field] ?? {});
  return { manifest, lockText, stamp: digest(JSON.stringify(fields), lockText, process.platform, process.arch) };
}

/** True when the lock file says the same as package.json; then the install must leave the lock file as it is. */
function lockAgrees({ manifest, lockText }) {
  if (lockText === "") return false;
  const locked = JSON.parse(lockText).packages?.[""] ?? {};
  const entries = (fields) => JSON.stringify(Object.entries(fields ?? {}).sort(([a], [b]) => (a < b ? -1 : 1)));
  return dependencyFields.every((field) => entries(manifest[field]) === entries(locked[field]));
}

/** True when npm's own note of what it installed has every package of the lock file that is not optional. */
function isInstalled(wanted) {
  const noteText = readText(join(modules, ".package-lock.json"));
  if (noteText === "" || !lockAgrees(wanted)) return false;
  const installed = JSON.parse(noteText).packages ?? {};
  return Object.entries(JSON.parse(wanted.lockText).packages).every(
    ([path, entry]) => path === "" || entry.optional || entry.devOptional || installed[path]?.version === entry.version,
  );
}

function runningNodeVersion() {
  if (!existsSync(installedNode)) return undefined;
  const answer = spawnSync(installedNode, ["--version"], { encoding: "utf8" });
  return answer.status === 0 ? answer.stdout.trim() : undefined;
}

const isNeededNode = (version) => Number(/^v?(\d+)\./.exec(version ?? "")?.[1] ?? 0) >= neededNodeMajor;

/** The Node that the scripts will find first on their path. */
const nodeOfScripts = () => (existsSync(installedNode) ? installedNode : process.execPath);

const hasGroups = process.platform !== "win32";
let child;
let interrupted;

/** npm outlives an interrupt while an install script runs, so its whole process group is ended, if need be the hard way. */
function stopChild() {
  const pid = child?.pid;
  if (pid === undefined) return;
  const send = (signal) => {
    try {
      process.kill(hasGroups ? -pid : pid, signal);
    } catch {
      // It has ended by itself.
    }
  };
  send("SIGTERM");
  setTimeout(send, stopGraceMilliseconds, "SIGKILL").unref();
}

/** Runs a program with its output kept aside; a line every few seconds shows that it is alive. */
async function run(what, command, parameters) {
  const startedAt = Date.now();
  const elapsed = () => `${Math.round((Date.now() - startedAt) / 1000)} s`;
  const pulse = setInterval(() => say(`still ${what} (${elapsed()})`), stillAliveSeconds * 1000);
  const result = await new Promise((done) => {
    let output = "";
    const keep = (chunk) => {
      output = (output + chunk).slice(-outputTailCharacters);
    };
    // Without this project's .bin on the path, npm does not run on the Node that it may be about to replace.
    const path = (process.env.PATH ?? "").split(delimiter).filter((entry) => !entry.startsWith(modules));
    const env = { ...process.env, PATH: path.join(delimiter) };
    child = spawn(command, parameters, { cwd: root, env, detached: hasGroups, stdio: ["ignore", "pipe", "pipe"] });
    child.stdout.on("data", keep);
    child.stderr.on("data", keep);
    child.on("error", (error) => done({ ok: false, output: error.message }));
    child.on("close", (code) => done({ ok: code === 0, output }));
  });
  clearInterval(pulse);
  child = undefined;
  if (interrupted) throw new SetupError(`stopped by ${interrupted}`);
  return { ...result, elapsed: elapsed() };
}

function npm(what, parameters) {
  const words = [...parameters, "--no-audit", "--no-fund", "--loglevel=error"];
  const cli = process.env.npm_execpath ?? "";
  // Inside `npm start` the npm that runs us tells where it lives; otherwise the one on the path is taken.
  if (/^npm-cli\.c?js$/.test(basename(cli))) {
    return run(what, process.env.npm_node_execpath ?? process.execPath, [cli, ...words]);
  }
  return run(what, "npm", words);
}

const networkTrouble = /\b(ENOTFOUND|EAI_AGAIN|ECONNREFUSED|ECONNRESET|ETIMEDOUT|ENETUNREACH|EHOSTUNREACH|E50\d)\b/;

function installError(output) {
  const trouble = networkTrouble.exec(output)?.[1];
  if (trouble !== undefined) {
    const address = /https?:\/\/[^/\s'"]+/.exec(output)?.[0] ?? "(see `npm config get registry`)";
    return new SetupError(
      `the npm registry ${address} cannot be reached (${trouble}): check the network and run again`,
    );
  }
  const reason = output
    .split("\n")
    .map((line) => /^npm (?:error|ERR!) ?(.*)/.exec(line)?.[1]?.trim() ?? "")
    .filter((line) => line !== "" && !/^A complete log of this run|^\/\S+\.log$/.test(line));
  return new SetupError(`npm install failed: ${reason.slice(0, 6).join(" | ") || "no message"}`);
}

async function installPackages(wanted) {
  say("installing packages (half a minute or more the first time)");
  // Without a network npm would try for minutes, package by package. One question first; then the cache alone.
  const question = await npm("asking the npm registry", ["ping", "--fetch-retries=1", "--fetch-timeout=15000"]);
  const isOffline = !question.ok && networkTrouble.test(question.output);
  // Tests need the development packages too, whatever NODE_ENV says. `npm ci` would insist on
  // other platforms' packages being in the lock file, so it is never used.
  const flags = ["--include=dev", ...(lockAgrees(wanted) ? ["--no-save"] : []), ...(isOffline ? ["--offline"] : [])];
  const { ok, output, elapsed } = await npm("installing packages", ["install", ...flags]);
  if (!ok) throw installError(isOffline ? question.output : output);
  say(`packages installed (${elapsed})`);
}

/** npm may hold back install scripts (its own policy or the user's); Node 24 is put in place by one. */
async function ensureNode() {
  if (isNeededNode(runningNodeVersion())) return;
  if (!existsSync(installedNode) && isNeededNode(process.version)) return;
  say(`putting Node ${neededNodeMajor} in place (npm held back its install script)`);
  const { ok, output } = await npm("putting Node in place", ["rebuild", "node", "esbuild", "--ignore-scripts=false"]);
  if (!ok) throw installError(output);
  const version = runningNodeVersion();
  if (!isNeededNode(version)) {
    throw new SetupError(
      `Node ${neededNodeMajor} from npm does not run on this machine (${version ?? "no answer"}): install Node ${neededNodeMajor} yourself and run again`,
    );
  }
}

function filesBelow(directory, skipped) {
  if (!existsSync(directory)) return [];
  return readdirSync(directory, { withFileTypes: true })
    .filter((entry) => !skipped.includes(entry.name))
    .flatMap((entry) => {
      const path = join(directory, entry.name);
      return entry.isDirectory() ? filesBelow(path, skipped) : [path];
    })
    .sort();
}

/** By content, not by time: a checkout of an older commit or a removed file also asks for a new build. */
function wantedPage(wanted) {
  if (!existsSync(join(root, "ui/build.ts"))) return undefined;
  const sources = [
    ...filesBelow(join(root, "ui"), ["dist", "node_modules"]),
    ...filesBelow(join(root, "src/contracts"), []),
  ];
  return digest(wanted.stamp, ...sources.flatMap((path) => [path.slice(root.length), readFileSync(path)]));
}

async function buildPage(stamp) {
  say("building the page");
  const { ok, output, elapsed } = await run("building the page", nodeOfScripts(), [join(root, "ui/build.ts")]);
  if (!ok) throw new SetupError(`the page cannot be built:\n${output.trimEnd()}`);
  mkdirSync(dirname(pageStamp), { recursive: true });
  writeFileSync(pageStamp, stamp);
  say(`page built (${elapsed})`);
}

/** What is left to do; reading this is all that a prepared clone costs. */
function missing() {
  const wanted = wantedPackages();
  const packages =
    readText(packagesStamp) !== wanted.stamp || (!existsSync(installedNode) && !isNeededNode(process.version));
  const page = wantedPage(wanted);
  return { wanted, packages, page: page === undefined || readText(pageStamp) === page ? undefined : page };
}

async function prepare() {
  const todo = missing();
  if (todo.packages) {
    if (!isInstalled(todo.wanted)) await installPackages(todo.wanted);
    await ensureNode();
    writeFileSync(packagesStamp, wantedPackages().stamp);
  }
  // The stamp of the page holds that of the packages, which an install may just have changed.
  const { page } = missing();
  if (page !== undefined) await buildPage(page);
}

function checkBrowser() {
  const places = [join(modules, "@sparticuz/chromium/bin/chromium.br"), "/usr/bin/chromium", "/usr/bin/google-chrome"];
  if (!places.some((path) => existsSync(path))) {
    throw new SetupError(
      "no browser for the tests: remove node_modules/@sparticuz and node_modules/.spantwin-setup, then run again",
    );
  }
}

async function main() {
  refuseOldNode();
  for (const signal of ["SIGINT", "SIGTERM", "SIGHUP"]) {
    process.on(signal, () => {
      interrupted = signal;
      stopChild();
    });
  }
  const { packages, page } = missing();
  if (packages || page !== undefined) {
    const onWait = (pid) => say(`waiting for the set-up that process ${pid} is doing`);
    const taken = await takeLock(lock, { onWait, isStopped: () => interrupted !== undefined });
    if (!taken) throw new SetupError(`stopped by ${interrupted}`);
    try {
      await prepare();
    } finally {
      releaseLock(lock);
    }
  }
  if (process.argv.includes("--browser")) checkBrowser();
}

try {
  await main();
} catch (error) {
  const isPlain = error instanceof SetupError || typeof error?.code === "string";
  say(isPlain ? error.message : (error?.stack ?? error));
  process.exitCode = 1;
}
