import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { createServer } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, describe, expect, test } from "vitest";
import { run } from "./run.ts";

const folder = mkdtempSync(join(tmpdir(), "spantwin-cli-"));
const unlabelled = join(folder, "spans.jsonl");
writeFileSync(unlabelled, "");
afterAll(() => rmSync(folder, { recursive: true, force: true }));

/** On free ports, and nothing kept. */
const ANYWHERE = "attach --api-port 0 --otlp-grpc-port 0 --otlp-http-port 0 --data-directory :memory:".split(" ");

function complaint(stderr: string): string[] {
  return stderr.split("\n").filter((line) => line !== "");
}

describe("a user's mistake is one line that names the thing, and exit code 2", () => {
  test.each([
    { what: "unknown command", args: ["watch"], names: "watch" },
    { what: "unknown flag", args: ["replay", "x", "--fromat", "nezha"], names: "--fromat" },
    { what: "unknown format", args: ["replay", "x", "--format", "jeager"], names: "jeager" },
    { what: "recording that is not there", args: ["replay", "/no/such/place"], names: "/no/such/place" },
    { what: "topic without a broker's port", args: ["replay", "kafka://shop/spans"], names: "kafka://shop/spans" },
    {
      what: "range of a topic that ends before it begins",
      args: ["replay", "kafka://shop:9092/spans?from=2&to=1"],
      names: "from before its to",
    },
    { what: "topic beside a file", args: ["replay", ".", "kafka://shop:9092/spans"], names: "the only one" },
    { what: "glob without a file", args: ["replay", "/no/such/*.json"], names: "/no/such/*.json" },
    { what: "speed of nothing", args: ["replay", ".", "--speed", "0"], names: "--speed" },
    { what: "target without a port", args: ["attach", "--scrape-targets", "cart=shop"], names: "--scrape-targets" },
    { what: "value out of its limits", args: ["replay", ".", "--window-seconds", "0"], names: "--window-seconds" },
    { what: "value of the wrong type", args: ["attach", "--api-port", "many"], names: "--api-port" },
    {
      what: "certificate that cannot be read",
      args: [...ANYWHERE, "--otlp-tls-cert", "/no/such/cert.pem", "--otlp-tls-key", "/no/such/key.pem"],
      names: 'otlpTlsCert: "/no/such/cert.pem" cannot be read',
    },
    {
      what: "certificate without a key",
      args: [...ANYWHERE, "--otlp-tls-cert", "cert.pem"],
      names: 'otlpTlsKey: "" must name a file',
    },
    {
      what: "any page let in",
      args: ["attach", "--otlp-cors-origins", "*"],
      names: '--otlp-cors-origins: "*" must be origins',
    },
    {
      what: "less room for all bodies than for two",
      args: [...ANYWHERE, "--max-body-bytes", "2000", "--max-in-flight-bytes", "3000"],
      names: "maxInFlightBytes: 3000 must be at least twice maxBodyBytes",
    },
    {
      what: "range that is none",
      args: ["replay", ".", "--exclude", "1/2", "--exclude", "2/1"],
      names: '--exclude: "2/1"',
    },
    { what: "labels that are not there", args: ["evaluate", unlabelled], names: "labels.json" },
    {
      what: "epochs out of their limits",
      args: ["train", "--data", ".", "--validation", ".", "--epochs", "0"],
      names: "--epochs",
    },
    {
      what: "artifact that would be its own card",
      args: ["train", "--simulated", "1", "--simulated-validation", "1", "--out", "model"],
      names: '--out: "model" must end in .json',
    },
    {
      what: "artifact to go on from that is not there",
      args: ["train", "--simulated", "1", "--simulated-validation", "1", "--init", "/no/such/model.json"],
      names: "--init",
    },
    {
      what: "features for an artifact that has its own",
      args: ["train", "--simulated", "1", "--simulated-validation", "1", "--init", "m.json", "--features", "no-twin"],
      names: '--init: "m.json" goes with neither --features nor --messages',
    },
  ])("$what", async ({ args, names }) => {
    const { code, stdout, stderr } = await run(args);
    expect(stdout).toBe("");
    expect(complaint(stderr)).toHaveLength(1);
    expect(stderr).toContain(names);
    expect(code).toBe(2);
  });

  test("a settings file with an unknown key names the key and the nearest one", async () => {
    const file = join(folder, "settings.yaml");
    writeFileSync(file, "windowSecond: 5\n");
    const { code, stderr } = await run(["replay", ".", "--config", file]);
    expect(stderr).toContain("windowSecond");
    expect(stderr).toContain("windowSeconds");
    expect(code).toBe(2);
  });

  test("a port in use is named, and nothing is left listening", async () => {
    const blocker = createServer();
    await new Promise<void>((resolve) => blocker.listen(0, "127.0.0.1", resolve));
    const { port } = blocker.address() as { port: number };
    const flags = ["--api-port", "0", "--otlp-http-port", "0", "--data-directory", join(folder, "data")];
    const { code, stderr } = await run(["attach", "--otlp-grpc-port", String(port), ...flags]);
    blocker.close();
    expect(complaint(stderr)).toHaveLength(1);
    expect(stderr).toContain(String(port));
    expect(stderr).toContain("otlpGrpcPort");
    expect(code).toBe(2);
  });
});

describe("help", () => {
  test.each(["demo", "attach", "replay", "evaluate", "train", "record", "settings"])(
    "of %s has examples",
    async (name) => {
      const { code, stdout } = await run([name, "--help"]);
      expect(stdout).toContain(`spantwin ${name}`);
      expect(stdout).toMatch(/Examples?:/);
      expect(code).toBe(0);
    },
  );
});
