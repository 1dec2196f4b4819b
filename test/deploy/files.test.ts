// Goal: what an operator copies from deploy/ fits the program: names of settings, ports, paths, topics.
// Method: every file there is read; every name in it that is meant for the program is looked up in the program.
import { existsSync, readdirSync, readFileSync, statSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { parse, parseDocument } from "yaml";

import { environmentName, isSettingVariable } from "../../src/settings/names.ts";
import { references } from "../../src/settings/reference.ts";
import { SETTING_KEYS, SETTINGS } from "../../src/settings/schema.ts";
import { root } from "../house/sources.ts";

const read = (path: string): string => readFileSync(join(root, "deploy", path), "utf8");
const paths = readdirSync(join(root, "deploy"), { recursive: true, encoding: "utf8" }).filter((path) =>
  statSync(join(root, "deploy", path)).isFile(),
);
const variables = new Set(SETTING_KEYS.map(environmentName));

/** Variables of our prefix in a text that are meant as settings and are none. */
function strangers(text: string): readonly string[] {
  const names = [...text.matchAll(/\bSPANTWIN_[A-Z0-9_]+\b/g)].map(([name]) => name);
  return names.filter((name) => isSettingVariable(name, "") && !variables.has(name));
}

test("every variable named in deploy/ and the documents is a setting", () => {
  expect(strangers("SPANTWIN_API_PORT=1 SPANTWIN_API_PROT=1")).toEqual(["SPANTWIN_API_PROT"]);
  expect(paths.length).toBeGreaterThan(12);
  const named = paths.map(read).join("\n");
  expect(named).toContain("SPANTWIN_HOST");
  expect(strangers(named)).toEqual([]);
  expect(strangers(readFileSync(join(root, "docs/operations.md"), "utf8"))).toEqual([]);
});

test("operations.md names only metrics and settings that there are", () => {
  const text = readFileSync(join(root, "docs/operations.md"), "utf8");
  const sources = readdirSync(join(root, "src"), { recursive: true, encoding: "utf8" })
    .filter((path) => path.endsWith(".ts"))
    .map((path) => readFileSync(join(root, "src", path), "utf8"))
    .join("\n");
  const isMetric = (name: string): boolean => {
    // Those of Kafka are put together from their prefix, their own name and, for counters, `_total`.
    const kafka = /^spantwin_kafka_(\w+?)(_total)?$/.exec(name)?.[1];
    return sources.includes(`"${name}"`) || (kafka !== undefined && sources.includes(`("${kafka}", `));
  };
  const metrics = new Set([...text.matchAll(/\bspantwin_[a-z0-9_]+\b/g)].map(([name]) => name));
  expect(metrics.size).toBeGreaterThan(25);
  expect([...metrics].filter((name) => !isMetric(name))).toEqual([]);
  const keys = new Set<string>(SETTING_KEYS);
  const settingsTable = text.slice(text.indexOf("## Settings that matter"), text.indexOf("## Collector"));
  const named = [...settingsTable.matchAll(/^\| ((?:`\w+`(?:, )?)+) \|/gm)].flatMap(([, cell]) =>
    [...cell!.matchAll(/`(\w+)`/g)].map(([, key]) => key!),
  );
  expect(named.length).toBeGreaterThan(8);
  expect(named.filter((key) => !keys.has(key))).toEqual([]);
});

test("what is made from the settings is current (npm run describe:settings)", () => {
  for (const [path, text] of Object.entries(references())) {
    expect(readFileSync(join(root, path), "utf8"), path).toBe(text);
  }
});

test("every YAML file outside the templates parses, without a warning", () => {
  const yaml = paths.filter((path) => /\.ya?ml$/.test(path) && !path.includes("templates/"));
  expect(yaml.length).toBeGreaterThan(5);
  for (const path of yaml) {
    const { errors, warnings } = parseDocument(read(path), { merge: true, strict: true });
    expect([path, errors, warnings]).toEqual([path, [], []]);
  }
});

describe("the image", () => {
  const lines = read("Dockerfile")
    .replaceAll(/\\\n\s*/g, " ")
    .split("\n");
  const instructions = (name: string) =>
    lines.filter((line) => line.startsWith(`${name} `)).map((line) => line.slice(name.length + 1));

  test("listens on the default ports, and is asked for its health there", () => {
    const defaults = [SETTINGS.otlpGrpcPort, SETTINGS.otlpHttpPort, SETTINGS.apiPort].map((each) => each.defaultValue);
    expect(instructions("EXPOSE")[0]!.split(" ").map(Number)).toEqual(defaults);
    expect(instructions("HEALTHCHECK")[0]).toContain(`?? ${SETTINGS.apiPort.defaultValue}}/healthz`);
  });

  test("does not run as root, and keeps its data in the volume", () => {
    expect(instructions("USER")).toEqual(["1000:1000"]);
    expect(instructions("VOLUME")).toEqual(['["/data"]']);
    expect(instructions("ENV").join(" ")).toContain("SPANTWIN_DATA_DIRECTORY=/data");
    const last = lines.findLastIndex((line) => line.startsWith("FROM "));
    expect(lines.slice(last).some((line) => /^RUN .*(npm|apt|curl)/.test(line))).toBe(false);
  });

  test("is built from registries only: no address is fetched", () => {
    expect(lines.filter((line) => /https?:\/\/(?!127\.0\.0\.1)/.test(line))).toEqual([]);
    expect(instructions("ADD")).toEqual([]);
  });

  test("copies only what is there and what .dockerignore lets through", () => {
    const copied = instructions("COPY")
      .filter((line) => !line.startsWith("--from"))
      .flatMap((line) => line.split(" ").slice(0, -1));
    expect(copied).toContain("src");
    const allowed = read("Dockerfile.dockerignore")
      .split("\n")
      .filter((line) => line.startsWith("!"))
      .map((line) => line.slice(1));
    for (const path of copied) {
      expect(existsSync(join(root, path)), path).toBe(true);
      expect(
        allowed.some((each) => path === each || path.startsWith(`${each}/`)),
        path,
      ).toBe(true);
    }
  });

  test("has every room that the program imports", () => {
    const rooms = new Set(instructions("COPY").map((line) => line.split(" ").at(-1)));
    for (const room of ["src", "twin", "models", "datasets", "node_modules", "ui/dist"]) expect(rooms).toContain(room);
  });

  test("leaves out packages only that no file of the program loads", () => {
    const left = [...read("Dockerfile").matchAll(/dependencies\.([\w@/-]+)/g)].map(([, name]) => name!);
    expect(left.sort()).toEqual(["d3", "esbuild", "node"]);
    const sources = ["src", "twin", "models", "datasets"].flatMap((room) =>
      readdirSync(join(root, room), { recursive: true, encoding: "utf8" })
        .filter((path) => path.endsWith(".ts"))
        .map((path) => readFileSync(join(root, room, path), "utf8")),
    );
    expect(sources.length).toBeGreaterThan(200);
    for (const name of left) {
      expect(sources.filter((text) => new RegExp(`(from|import\\() ?"${name}["/]`).test(text))).toEqual([]);
    }
  });
});

describe("the collector's configurations", () => {
  const configurations = paths.filter((path) => path.startsWith("collector/"));

  test("use every part that they declare, and declare every part that they use", () => {
    expect(configurations).toHaveLength(3);
    for (const path of configurations) {
      const { service, ...kinds } = parse(read(path));
      for (const kind of ["receivers", "processors", "exporters"] as const) {
        const used = Object.values<Record<string, string[]>>(service.pipelines).flatMap(
          (pipeline) => pipeline[kind] ?? [],
        );
        expect([path, kind, [...new Set(used)].sort()]).toEqual([path, kind, Object.keys(kinds[kind]).sort()]);
      }
      expect(service.extensions).toEqual(Object.keys(kinds["extensions"]));
      expect(Object.keys(service.pipelines).sort()).toEqual(["metrics", "traces"]);
    }
  });

  test("limit their memory first, batch last, and wait less than a span may be late", () => {
    for (const path of configurations) {
      const { service, processors } = parse(read(path));
      for (const pipeline of Object.values<{ processors: string[] }>(service.pipelines)) {
        expect([pipeline.processors[0], pipeline.processors.at(-1)]).toEqual(["memory_limiter", "batch"]);
      }
      const timeoutSeconds = Number(/^(\d+)ms$/.exec(processors.batch.timeout)?.[1]) / 1000;
      expect(timeoutSeconds).toBeLessThan(SETTINGS.latenessSeconds.defaultValue);
    }
  });

  test("send to the port that takes OTLP/gRPC", () => {
    const { exporters } = parse(read("collector/otlp.yaml"));
    expect(exporters["otlp/spantwin"].endpoint).toBe(`spantwin:${SETTINGS.otlpGrpcPort.defaultValue}`);
  });

  test("give records of Kafka the trace id for a key", () => {
    expect(parse(read("collector/kafka.yaml")).exporters["kafka/spantwin"]).toMatchObject({
      partition_traces_by_id: true,
      traces: { topic: "otlp_spans", encoding: "otlp_proto" },
      metrics: { topic: "otlp_metrics", encoding: "otlp_proto" },
    });
  });
});

describe("the compose file", () => {
  // biome-ignore lint/suspicious/noExplicitAny: what a compose file holds is checked field by field
  const { services, volumes }: any = parse(read("compose.yaml"), { merge: true });

  test("starts each service after what it needs, within one profile", () => {
    for (const [name, service] of Object.entries<{ profiles: string[]; depends_on?: object }>(services)) {
      for (const needed of Object.keys(service.depends_on ?? {})) {
        expect(services[needed].profiles, `${name} needs ${needed}`).toEqual(service.profiles);
      }
    }
    const profiles = new Set(Object.values<{ profiles: string[] }>(services).flatMap((each) => each.profiles));
    expect([...profiles].sort()).toEqual(["direct", "kafka"]);
  });

  test("waits for health only where there is a check of it", () => {
    for (const service of Object.values<{ depends_on?: Record<string, { condition: string }> }>(services)) {
      for (const [needed, { condition }] of Object.entries(service.depends_on ?? {})) {
        if (condition === "service_healthy") expect(services[needed].healthcheck, needed).toBeDefined();
      }
    }
    expect(services.spantwin.healthcheck.test.join(" ")).toContain(`:${SETTINGS.apiPort.defaultValue}/readyz`);
  });

  test("gives Spantwin a read-only root, its volume and no rights, and opens it to this machine only", () => {
    for (const name of ["spantwin", "spantwin-kafka"]) {
      expect(services[name]).toMatchObject({ read_only: true, cap_drop: ["ALL"], volumes: ["spantwin-data:/data"] });
      expect(services[name].ports).toEqual([
        `127.0.0.1:${SETTINGS.apiPort.defaultValue}:${SETTINGS.apiPort.defaultValue}`,
      ]);
    }
    expect(volumes).toHaveProperty("spantwin-data");
  });

  test("mounts configurations that are there, and creates the topics that they write to", () => {
    const mounted = Object.values<{ volumes?: string[] }>(services).flatMap(({ volumes = [] }) =>
      volumes.filter((volume) => volume.startsWith("./")).map((volume) => volume.split(":")[0]!.slice(2)),
    );
    expect(mounted.sort()).toEqual(["collector/kafka.yaml", "collector/otlp.yaml"]);
    for (const path of mounted) expect(existsSync(join(root, "deploy", path))).toBe(true);
    const exporter = parse(read("collector/kafka.yaml")).exporters["kafka/spantwin"];
    for (const topic of [exporter.traces.topic, exporter.metrics.topic]) {
      expect(services["kafka-topics"].command[0]).toContain(topic);
    }
  });
});
