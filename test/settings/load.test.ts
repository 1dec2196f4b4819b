import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, describe, expect, test } from "vitest";

import { SettingsError } from "../../src/contracts/errors.ts";
import { describeSettings, settingsAsMarkdown, settingsAsText } from "../../src/settings/describe.ts";
import { loadSettings, type SettingSources } from "../../src/settings/load.ts";
import { SETTING_KEYS, SETTINGS } from "../../src/settings/schema.ts";

const directory = mkdtempSync(join(tmpdir(), "spantwin-settings-"));
afterAll(() => rmSync(directory, { recursive: true, force: true }));

let fileCount = 0;
function fileWith(text: string): string {
  const path = join(directory, `settings-${fileCount++}.yaml`);
  writeFileSync(path, text);
  return path;
}

const RANGE_RULE = '"<from>/<to>" with from before to, each an ISO 8601 time with its zone or unix seconds';

const load = (sources: Partial<SettingSources>) => loadSettings({ directory, env: {}, flags: {}, ...sources });

describe("the defaults", () => {
  test("are what the documentation promises", () => {
    expect(load({})).toEqual({
      host: "127.0.0.1",
      apiPort: 7171,
      otlpGrpcPort: 4317,
      otlpHttpPort: 4318,
      zipkinPort: -1,
      dataDirectory: "spantwin-data",
      storeUrl: null,
      seed: 1,
      windowSeconds: 5,
      latenessSeconds: 3,
      samplingProbability: 1,
      learningWindows: 9,
      learningDelaySeconds: 60,
      exclude: [],
      falseAlarmsPerWeek: 1,
      driftBudget: 0.15,
      replicates: 19,
      scorer: "model",
      model: "shipped",
      backend: "auto",
      maxBodyBytes: 67_108_864,
      ack: "journal",
      journalMaxBytes: 2_147_483_648,
      journalMaxHours: 24,
      checkpointSeconds: 5,
      maxQueueBytes: 67_108_864,
      maxInFlightBodies: 64,
      maxInFlightBytes: 268_435_456,
      maxConnections: 2_048,
      otlpCorsOrigins: [],
      otlpTlsCert: "",
      otlpTlsKey: "",
      otlpTlsClientCa: "",
      maxOpenTraces: 100_000,
      maxOperationsPerService: 200,
      retentionHours: 168,
      kafkaBrokers: [],
      kafkaTraceTopics: ["otlp_spans"],
      kafkaMetricTopics: ["otlp_metrics"],
      kafkaGroup: "spantwin",
      kafkaEncoding: "auto",
      kafkaStart: "latest",
      kafkaSasl: "off",
      kafkaUser: "",
      kafkaPasswordFile: "",
      kafkaTls: "off",
      kafkaCaFile: "",
      kafkaCertFile: "",
      kafkaKeyFile: "",
      scrapeTargets: [],
      scrapeIntervalSeconds: 15,
      scrapeTimeoutSeconds: 10,
      scrapeMaxBytes: 16_777_216,
      scrapeMaxSeries: 50_000,
      logLevel: "auto",
      logFormat: "human",
      selfOtlpEndpoint: "",
      workerPrefix: "spantwin",
      workerPartitions: 12,
    });
  });

  test.each(SETTING_KEYS)("%s obeys its own limits and says what it is for in one sentence", (key) => {
    const { defaultValue, schema, description } = SETTINGS[key];
    expect(schema.safeParse(defaultValue).success).toBe(true);
    expect(description).toMatch(/^[A-Z].*[^.]\.$/);
  });
});

describe("the order", () => {
  test("is defaults, file, environment, flags: the later wins", () => {
    const file = fileWith("apiPort: 1001\notlpGrpcPort: 1002\notlpHttpPort: 1003\n");
    const env = { SPANTWIN_OTLP_GRPC_PORT: "2002", SPANTWIN_OTLP_HTTP_PORT: "2003", PATH: "/bin" };
    const settings = load({ file, env, flags: { otlpHttpPort: "3003", host: undefined } });
    expect(settings).toMatchObject({ host: "127.0.0.1", apiPort: 1001, otlpGrpcPort: 2002, otlpHttpPort: 3003 });
  });

  test("reads spantwin.yaml of the directory when no file is named", () => {
    const own = mkdtempSync(join(directory, "own-"));
    writeFileSync(join(own, "spantwin.yaml"), "seed: 42 # mine\n");
    expect(load({ directory: own }).seed).toBe(42);
    expect(load({ directory: own, file: fileWith("") }).seed).toBe(1);
  });

  test("takes numbers from flags that are already read, and texts with fractions where they are allowed", () => {
    expect(load({ flags: { apiPort: 0, windowSeconds: "2.5" } })).toMatchObject({ apiPort: 0, windowSeconds: 2.5 });
  });
});

describe("ranges to exclude", () => {
  const expected = [
    { fromSeconds: 1_770_000_000, toSeconds: 1_770_000_060.5 },
    { fromSeconds: Date.UTC(2026, 1, 1, 9) / 1000, toSeconds: Date.UTC(2026, 1, 1, 10, 0, 1) / 1000 },
  ];
  const [unix, iso] = ["1770000000/1770000060.5", "2026-02-01T10:00+01:00/2026-02-01T10:00:01Z"];

  test("are read from repeated flags, from one variable, and from the file as a list or a line", () => {
    expect(load({ flags: { exclude: [unix, iso] } }).exclude).toEqual(expected);
    expect(load({ env: { SPANTWIN_EXCLUDE: `${unix}, ${iso}` } }).exclude).toEqual(expected);
    expect(load({ file: fileWith(`exclude:\n  - ${unix}\n  - ${iso}\n`) }).exclude).toEqual(expected);
    expect(load({ file: fileWith(`exclude: ${unix}\n`) }).exclude).toEqual(expected.slice(0, 1));
  });

  test("given later replace those given before, as with every setting", () => {
    const { exclude } = load({ env: { SPANTWIN_EXCLUDE: unix }, flags: { exclude: [iso] } });
    expect(exclude).toEqual(expected.slice(1));
  });
});

describe("a mistake is refused in one line with the key as written, the value and the rule", () => {
  test.each<[string, Partial<SettingSources>, string]>([
    ["unknown flag", { flags: { apiprot: "1" } }, '--apiprot: "1" is not a setting: did you mean --api-port?'],
    [
      "unknown variable",
      { env: { SPANTWIN_WINDOW_SECOND: "1" } },
      'SPANTWIN_WINDOW_SECOND: "1" is not a setting: did you mean SPANTWIN_WINDOW_SECONDS?',
    ],
    [
      "nothing near",
      { flags: { colour: "red" } },
      '--colour: "red" is not a setting: run with --help to see all settings',
    ],
    ["port too large", { flags: { apiPort: "65536" } }, '--api-port: "65536" must be an integer from 0 to 65535'],
    ["fraction", { env: { SPANTWIN_SEED: "1.5" } }, 'SPANTWIN_SEED: "1.5" must be an integer from 0 to 4294967295'],
    ["empty text", { env: { SPANTWIN_SEED: "" } }, 'SPANTWIN_SEED: "" must be an integer from 0 to 4294967295'],
    [
      "hexadecimal",
      { env: { SPANTWIN_SEED: "0x10" } },
      'SPANTWIN_SEED: "0x10" must be an integer from 0 to 4294967295',
    ],
    [
      "endless",
      { flags: { windowSeconds: "Infinity" } },
      '--window-seconds: "Infinity" must be a number from 1 to 300',
    ],
    ["unknown choice", { flags: { backend: "gpu" } }, '--backend: "gpu" must be one of auto, wasm, cpu, node'],
    ["a blank host", { flags: { host: "" } }, '--host: "" must be an IP address or host name'],
    [
      "a range that ends before it begins",
      { flags: { exclude: ["100/200", "300/200"] } },
      `--exclude: "300/200" must be ${RANGE_RULE}`,
    ],
    [
      "a time without its zone",
      { env: { SPANTWIN_EXCLUDE: "2026-02-01T10:00:00/2026-02-01T11:00:00Z" } },
      `SPANTWIN_EXCLUDE: "2026-02-01T10:00:00/2026-02-01T11:00:00Z" must be ${RANGE_RULE}`,
    ],
    [
      "a day that is none",
      { flags: { exclude: ["2026-02-30T10:00Z/2026-03-05T10:00Z"] } },
      `--exclude: "2026-02-30T10:00Z/2026-03-05T10:00Z" must be ${RANGE_RULE}`,
    ],
    ["a time that is no range", { flags: { exclude: ["100"] } }, `--exclude: "100" must be ${RANGE_RULE}`],
    ["no budget at all", { flags: { driftBudget: "0" } }, '--drift-budget: "0" must be a number from 0.01 to 10'],
    ["a shared port", { flags: { apiPort: "4318" } }, "--api-port: 4318 must differ from otlpHttpPort"],
  ])("%s", (_, sources, message) => {
    expect(refusalOf(sources).message).toBe(message);
  });

  test.each([
    ["unknown key", "apiProt: 1\n", "apiProt: 1 is not a setting: did you mean apiPort? (in FILE)"],
    ["a text for a number", 'apiPort: "80"\n', 'apiPort: "80" must be an integer from 0 to 65535 (in FILE)'],
    ["a number for a text", "host: 1\n", "host: 1 must be an IP address or host name (in FILE)"],
    ["no value", "seed:\n", "seed: null must be an integer from 0 to 4294967295 (in FILE)"],
    ["a number for a list", "exclude: 100\n", `exclude: 100 must be ${RANGE_RULE} (in FILE)`],
    ["a list with a number", "exclude: [100/200, 5]\n", `exclude: 5 must be ${RANGE_RULE} (in FILE)`],
    ["a list", "- seed\n", 'config: "FILE" must hold lines of the form "key: value"'],
    [
      "a repeated key",
      "seed: 1\nseed: 2\n",
      'config: "FILE" is not valid YAML: Map keys must be unique at line 2, column 1',
    ],
    [
      "a prototype's name",
      "__proto__: 1\n",
      "__proto__: 1 is not a setting: run with --help to see all settings (in FILE)",
    ],
  ])("in the file: %s", (_, text, message) => {
    const file = fileWith(text);
    expect(refusalOf({ file }).message).toBe(message.replace("FILE", file));
  });

  test("broken YAML names the file and the line", () => {
    const file = fileWith("seed: 1\nhost: [a\n");
    const { key, message } = refusalOf({ file });
    expect(key).toBe("config");
    expect(message).toMatch(/is not valid YAML: .* at line [23]/);
    expect(message).not.toContain("\n");
  });

  test("a named file that is absent, and one that cannot be read", () => {
    const absent = join(directory, "absent.yaml");
    expect(refusalOf({ file: absent }).message).toBe(`config: "${absent}" does not exist`);
    expect(refusalOf({ file: directory }).message).toMatch(/^config: ".*" cannot be read: /);
  });

  test("aliases that unfold without end are refused, not unfolded", () => {
    const levels = Array.from({ length: 30 }, (_, i) => `a${i + 1}: &a${i + 1} [${`*a${i},`.repeat(10)}]`);
    expect(refusalOf({ file: fileWith(`a0: &a0 x\n${levels.join("\n")}\n`) }).key).toBe("config");
  });
});

test("variables that Kubernetes sets for a Service of our name, and the one for stacks, are not taken for settings", () => {
  const env = {
    SPANTWIN_SERVICE_HOST: "10.0.0.1",
    SPANTWIN_SERVICE_PORT_HTTP: "7171",
    SPANTWIN_PORT: "tcp://10.0.0.1:7171",
    SPANTWIN_PORT_7171_TCP_ADDR: "10.0.0.1",
    SPANTWIN_API_PORT: "tcp://10.0.0.1:7171",
    SPANTWIN_TRACE: "1",
  };
  expect(load({ env })).toEqual(load({}));
});

describe("the description", () => {
  test("names every key with its flag, variable, default and limits", () => {
    expect(describeSettings().map((row) => row.key)).toEqual(Object.keys(load({})));
    for (const row of describeSettings()) {
      const text = settingsAsText();
      for (const part of [row.flag, row.environment, row.defaultText, row.rule, row.description]) {
        expect(text).toContain(part);
        expect(settingsAsMarkdown()).toContain(part);
      }
    }
  });

  test("gives flags, variables and keys that load takes", () => {
    for (const { key, environment } of describeSettings()) {
      const value = SETTINGS[key].defaultValue;
      const text = value === null ? "" : String(value);
      expect(load({ flags: { [key]: text } })).toEqual(load({}));
      expect(load({ env: { [environment]: text } })).toEqual(load({}));
      expect(load({ file: fileWith(JSON.stringify({ [key]: value })) })).toEqual(load({}));
    }
  });
});

function refusalOf(sources: Partial<SettingSources>): SettingsError {
  try {
    load(sources);
  } catch (error) {
    if (error instanceof SettingsError) return error;
    throw error;
  }
  throw new Error("nothing was refused");
}
