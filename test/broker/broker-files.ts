import { type SpawnSyncReturns, spawnSync } from "node:child_process";
import { createHash } from "node:crypto";
import { existsSync, mkdirSync, readFileSync, renameSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";

const POM = fileURLToPath(new URL("pom.xml", import.meta.url));
const CACHE = fileURLToPath(new URL("../../.cache", import.meta.url));
const OLDEST_JAVA = 17;
const MAVEN_SECONDS = 300;

/**
 * What is missing to run a Kafka broker here, in words, or null. Copies the broker's files from Maven's registry to the cache
 * where they are not there yet.
 */
export function missingForBroker(): string | null {
  const java = javaVersion();
  if (java === null) return "java is not installed";
  if (java < OLDEST_JAVA) return `java is version ${java}, Kafka 4 needs ${OLDEST_JAVA}`;
  if (existsSync(join(brokerFolder(), "done"))) return null;
  if (spawnSync("mvn", ["--version"]).status !== 0) return "mvn (Maven) is not installed";
  return copyBroker();
}

/** The class path of broker and client. */
export function brokerClassPath(): string {
  return join(brokerFolder(), "*");
}

function brokerFolder(): string {
  const stamp = createHash("sha256").update(readFileSync(POM)).digest("hex").slice(0, 16);
  return join(CACHE, `kafka-${stamp}`);
}

function copyBroker(): string | null {
  const folder = brokerFolder();
  const partly = `${folder}.${process.pid}`;
  mkdirSync(partly, { recursive: true });
  const copied = spawnSync(
    "mvn",
    ["-q", "-B", "-f", POM, "dependency:copy-dependencies", "-DincludeScope=runtime", `-DoutputDirectory=${partly}`],
    { encoding: "utf8", timeout: MAVEN_SECONDS * 1000 },
  );
  if (copied.status !== 0) {
    rmSync(partly, { recursive: true, force: true });
    return `Maven could not get Apache Kafka: ${firstErrorOf(copied)}`;
  }
  writeFileSync(join(partly, "done"), "");
  // Whole or not at all, also when two runs copy at once.
  if (existsSync(folder)) rmSync(partly, { recursive: true, force: true });
  else renameSync(partly, folder);
  return null;
}

function firstErrorOf({ stdout, stderr, error }: SpawnSyncReturns<string>): string {
  const line = `${stdout}\n${stderr}`.split("\n").find((each) => each.includes("ERROR"));
  return line ?? error?.message ?? "no reason given";
}

/** Its feature release, or null without a Java. */
function javaVersion(): number | null {
  const { stderr, status } = spawnSync("java", ["-version"], { encoding: "utf8" });
  const found = status === 0 ? /version "(\d+)/.exec(stderr) : null;
  return found === null ? null : Number(found[1]);
}
