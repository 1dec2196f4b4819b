// Goal: two commands in a fresh clone are enough, whatever npm and the network do.
// Method: the real set-up in a small clone of its own, with a stand-in for npm that plays one behaviour of npm each.
import { execFile } from "node:child_process";
import { cpSync, existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, test } from "vitest";
import { root } from "./sources.ts";

let clone: string;

beforeEach(() => {
  clone = mkdtempSync(join(tmpdir(), "spantwin-setup-"));
  mkdirSync(join(clone, "src"));
  for (const file of ["src/setup.mjs", "src/setup-lock.mjs"]) cpSync(join(root, file), join(clone, file));
  write("package.json", JSON.stringify({ type: "module", dependencies: { node: "^24" } }));
  write("package-lock.json", JSON.stringify({ packages: { "": { dependencies: { node: "^24" } } } }));
});

afterEach(() => rmSync(clone, { recursive: true, force: true }));

const write = (path: string, text: string): void => writeFileSync(join(clone, path), text);
const readCalls = (): readonly string[] =>
  existsSync(join(clone, "calls")) ? readFileSync(join(clone, "calls"), "utf8").trim().split("\n") : [];

/** A stand-in for npm: notes each call, then does what `install`, `rebuild` or `ping` says. */
function npmThat(behaviour: { readonly ping?: string; readonly install?: string; readonly rebuild?: string }): void {
  write(
    "npm-cli.js",
    `import { appendFileSync, chmodSync, mkdirSync, symlinkSync, writeFileSync } from "node:fs";
    const command = process.argv[2];
    appendFileSync("calls", process.argv.slice(2).join(" ") + "\\n");
    const putNode = () => { mkdirSync("node_modules/.bin", { recursive: true }); symlinkSync(process.execPath, "node_modules/.bin/node"); };
    const putOldNode = () => {
      mkdirSync("node_modules/.bin", { recursive: true });
      writeFileSync("node_modules/.bin/node", "#!/bin/sh\\necho v20.0.0\\n");
      chmodSync("node_modules/.bin/node", 0o755);
    };
    const fail = (text) => { console.error(text); process.exitCode = 1; };
    console.log("npm talks on stdout");
    if (command === "ping") { ${behaviour.ping ?? ""} }
    if (command === "install") { await new Promise((done) => setTimeout(done, 150)); ${behaviour.install ?? "putNode();"} }
    if (command === "rebuild") { ${behaviour.rebuild ?? ""} }`,
  );
}

interface Outcome {
  readonly code: number | null;
  readonly stdout: string;
  readonly lines: readonly string[];
}

function setUp(...parameters: readonly string[]): Promise<Outcome> {
  const env = { ...process.env, npm_execpath: join(clone, "npm-cli.js"), npm_node_execpath: process.execPath };
  return new Promise((done) => {
    const child = execFile(
      process.execPath,
      ["src/setup.mjs", ...parameters],
      { cwd: clone, env, timeout: 20_000 },
      (_, stdout, stderr) => done({ code: child.exitCode, stdout, lines: stderr.split("\n").filter(Boolean) }),
    );
  });
}

test("a fresh clone is installed once, with nothing on stdout; the second time nothing is said or done", async () => {
  npmThat({});
  const first = await setUp();
  expect(first).toMatchObject({ code: 0, stdout: "" });
  expect(first.lines.at(-1)).toMatch(/^setup: packages installed \(\d+ s\)$/);
  expect(await setUp()).toEqual({ code: 0, stdout: "", lines: [] });
  expect(readCalls().filter((call) => call.startsWith("install"))).toHaveLength(1);
  expect(readCalls().join()).not.toContain("install ci");
});

test("a changed lock file asks for a new install, a changed script does not", async () => {
  npmThat({ install: `try { putNode(); } catch {}` });
  await setUp();
  const manifest = JSON.parse(readFileSync(join(clone, "package.json"), "utf8"));
  write("package.json", JSON.stringify({ ...manifest, scripts: { start: "node ." } }));
  expect((await setUp()).lines).toEqual([]);
  write("package-lock.json", JSON.stringify({ packages: { "": manifest, "node_modules/new": { version: "1.0.0" } } }));
  await setUp();
  expect(readCalls().filter((call) => call.startsWith("install"))).toHaveLength(2);
});

test("the lock file is left alone while it agrees with package.json, and brought up to date when it does not", async () => {
  npmThat({ install: `try { putNode(); } catch {}` });
  await setUp();
  write("package.json", JSON.stringify({ dependencies: { node: "^24", yaml: "^2" } }));
  await setUp();
  const installs = readCalls().filter((call) => call.startsWith("install"));
  expect(installs.map((call) => call.includes("--no-save"))).toEqual([true, false]);
});

test("three set-ups at once install once, and all three end well", async () => {
  npmThat({});
  const outcomes = await Promise.all([setUp(), setUp(), setUp()]);
  expect(outcomes.map(({ code }) => code)).toEqual([0, 0, 0]);
  expect(readCalls().filter((call) => call.startsWith("install"))).toHaveLength(1);
  expect(existsSync(join(clone, ".cache/setup-lock"))).toBe(false);
});

test.each(["999999999", "nonsense", ""])(
  "a lock left behind by a dead set-up (%j) does not stop the next",
  async (pid) => {
    npmThat({});
    mkdirSync(join(clone, ".cache/setup-lock"), { recursive: true });
    write(".cache/setup-lock/pid", pid);
    expect((await setUp()).code).toBe(0);
  },
);

test("without a network it says so in one line that names the registry, after trying npm's cache", async () => {
  const refused =
    "npm error request to https://registry.example/node failed, reason: connect ECONNREFUSED 10.0.0.1:443";
  npmThat({ ping: `fail("${refused}");`, install: `fail("npm error code ENOTCACHED");` });
  const { code, stdout, lines } = await setUp();
  expect({ code, stdout }).toEqual({ code: 1, stdout: "" });
  expect(lines.at(-1)).toBe(
    "setup: the npm registry https://registry.example cannot be reached (ECONNREFUSED): check the network and run again",
  );
  expect(readCalls().at(-1)).toContain("--offline");
});

test("a registry that does not answer a ping is no reason to stop", async () => {
  npmThat({ ping: `fail("npm error code E404");` });
  expect((await setUp()).code).toBe(0);
});

test("an install that fails for another reason says npm's own reason", async () => {
  npmThat({ install: `fail("npm error code ENOSPC\\nnpm error no space left on device");` });
  const { code, lines } = await setUp();
  expect(code).toBe(1);
  expect(lines.at(-1)).toBe("setup: npm install failed: code ENOSPC | no space left on device");
});

test("when npm holds back Node's install script, it is run by name", async () => {
  const replace = `const { rmSync } = await import("node:fs"); rmSync("node_modules/.bin/node"); putNode();`;
  npmThat({ install: "putOldNode();", rebuild: replace });
  expect((await setUp()).code).toBe(0);
  expect(readCalls().at(-1)).toMatch(/^rebuild node /);
});

test("a Node from npm that does not run here is named", async () => {
  npmThat({ install: "putOldNode();" });
  const { code, lines } = await setUp();
  expect(code).toBe(1);
  expect(lines.at(-1)).toMatch(/^setup: Node 24 from npm does not run on this machine \(v20\.0\.0\)/);
});

test("the page is built when its sources change, and only then", async () => {
  npmThat({});
  mkdirSync(join(clone, "ui"));
  write(
    "ui/build.ts",
    `import { appendFileSync } from "node:fs"; console.log("built"); appendFileSync("builds", "1\\n");`,
  );
  expect((await setUp()).stdout).toBe("");
  await setUp();
  write("ui/page.css", "body {}");
  await setUp();
  expect(readFileSync(join(clone, "builds"), "utf8")).toBe("1\n1\n");
  write("ui/build.ts", `throw new Error("no such colour");`);
  const { code, lines } = await setUp();
  expect(code).toBe(1);
  expect(lines.join("\n")).toContain("no such colour");
});

test("--browser fails in one line when the tests' browser is missing", async () => {
  npmThat({});
  const { code, lines } = await setUp("--browser");
  const isOnThisMachine = ["/usr/bin/chromium", "/usr/bin/google-chrome"].some((path) => existsSync(path));
  expect(code).toBe(isOnThisMachine ? 0 : 1);
  if (!isOnThisMachine) expect(lines.at(-1)).toMatch(/^setup: no browser for the tests/);
});
