// Goal: the chart renders what a careful operator would have written, and refuses values that the program would refuse.
// Method: helm itself renders it; the settings file it makes is read by the program's own reader.
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { describe, expect, test } from "vitest";

import { loadSettings } from "../../src/settings/load.ts";
import { environmentName } from "../../src/settings/names.ts";
import { SETTING_KEYS, SETTINGS } from "../../src/settings/schema.ts";
import { findHelm, lint, type Manifest, render } from "./helm.ts";

const helm = await findHelm();

describe.skipIf(helm === null)("the chart, rendered by helm (needs helm, or Go to build it)", () => {
  const rendered = (values: object = {}): readonly Manifest[] => {
    const { code, stderr, manifests } = render(helm!, values);
    expect([code, stderr]).toEqual([0, ""]);
    return manifests;
  };
  const one = (manifests: readonly Manifest[], kind: string): Manifest => {
    const found = manifests.filter((each) => each.kind === kind);
    expect(found).toHaveLength(1);
    return found[0]!;
  };
  const podOf = (manifests: readonly Manifest[]) => one(manifests, "StatefulSet")["spec"].template.spec;
  const settingsIn = (manifests: readonly Manifest[]) => {
    const folder = mkdtempSync(join(tmpdir(), "spantwin-chart-"));
    const file = join(folder, "spantwin.yaml");
    writeFileSync(file, one(manifests, "ConfigMap")["data"]["spantwin.yaml"]);
    const env = Object.fromEntries(
      podOf(manifests)
        .containers[0].env.filter((each: { value?: string }) => each.value !== undefined)
        .map(({ name, value }: { name: string; value: string }) => [name, value]),
    );
    try {
      return loadSettings({ file, env, flags: {} });
    } finally {
      rmSync(folder, { recursive: true });
    }
  };

  test("helm lint finds nothing", () => {
    expect(lint(helm!)).toEqual({ code: 0, output: expect.stringContaining("0 chart(s) failed") });
  });

  test("its pod runs as nobody in particular, on a read-only root, with no token and no variables of Services", () => {
    const pod = podOf(rendered());
    const [container] = pod.containers;
    expect(pod.securityContext).toMatchObject({ runAsNonRoot: true, runAsUser: 1000, fsGroup: 1000 });
    expect(pod.securityContext.seccompProfile).toEqual({ type: "RuntimeDefault" });
    expect(container.securityContext).toEqual({
      allowPrivilegeEscalation: false,
      readOnlyRootFilesystem: true,
      capabilities: { drop: ["ALL"] },
    });
    expect([pod.automountServiceAccountToken, pod.enableServiceLinks]).toEqual([false, false]);
    expect(container.resources.limits.memory).toBe("1Gi");
  });

  test("its probes ask the paths that the API has, at the port it listens on", () => {
    const manifests = rendered();
    const [container] = podOf(manifests).containers;
    const ports = Object.fromEntries(
      container.ports.map(({ name, containerPort }: { name: string; containerPort: number }) => [name, containerPort]),
    );
    expect(
      [container.startupProbe, container.livenessProbe, container.readinessProbe].map((each) => each.httpGet),
    ).toEqual([
      { path: "/healthz", port: "http-api" },
      { path: "/healthz", port: "http-api" },
      { path: "/readyz", port: "http-api" },
    ]);
    const { apiPort, otlpGrpcPort, otlpHttpPort } = settingsIn(manifests);
    expect(ports).toEqual({ "http-api": apiPort, "grpc-otlp": otlpGrpcPort, "http-otlp": otlpHttpPort });
  });

  test("its settings file is read by the program, and takes every setting that is not the chart's", () => {
    const values = rendered({ settings: { windowSeconds: 10, maxBodyBytes: 67_108_864, scorer: "robust" } });
    expect(settingsIn(values)).toMatchObject({
      windowSeconds: 10,
      maxBodyBytes: 67_108_864,
      scorer: "robust",
      learningDelaySeconds: 900,
      host: "0.0.0.0",
      dataDirectory: "/data",
    });
    const chartOwn = ["host", "apiPort", "otlpGrpcPort", "otlpHttpPort", "dataDirectory"];
    const open = SETTING_KEYS.filter((key) => !chartOwn.includes(key));
    const defaults = Object.fromEntries(open.map((key) => [key, SETTINGS[key].defaultValue]));
    expect(settingsIn(rendered({ settings: defaults }))).toMatchObject(defaults);
  });

  test.each([
    [{ settings: { windowSeconds: 0 } }, "windowSeconds"],
    [{ settings: { windwSeconds: 5 } }, "windwSeconds"],
    [{ settings: { apiPort: 8080 } }, "apiPort"],
    [{ secretSettings: { kafkaPasword: { name: "a", key: "b" } } }, "kafkaPasword"],
    [{ image: { repo: "x" } }, "repo"],
    [{ persistence: { accessModes: ["ReadWriteMany"] } }, "accessModes"],
  ])("refuses %j", (values, name) => {
    const { code, stderr } = render(helm!, values);
    expect(code).not.toBe(0);
    expect(stderr).toContain(name);
  });

  test("a setting from a Secret gets the variable that the program reads", () => {
    const secret = { name: "own-telemetry", key: "endpoint" };
    const env = podOf(rendered({ secretSettings: { selfOtlpEndpoint: secret } })).containers[0].env;
    expect(env).toContainEqual({ name: environmentName("selfOtlpEndpoint"), valueFrom: { secretKeyRef: secret } });
  });

  test("snake case in the chart is the program's spelling of every key", () => {
    const secretSettings = Object.fromEntries(
      SETTING_KEYS.filter((key) => !/Port$|^host$|^dataDirectory$/.test(key)).map((key) => [key, { name: "n", key }]),
    );
    const env: { name: string; valueFrom?: { secretKeyRef: { key: never } } }[] = podOf(rendered({ secretSettings }))
      .containers[0].env;
    const fromSecrets = env.filter(({ valueFrom }) => valueFrom !== undefined);
    expect(fromSecrets.length).toBe(Object.keys(secretSettings).length);
    for (const { name, valueFrom } of fromSecrets) expect(name).toBe(environmentName(valueFrom!.secretKeyRef.key));
  });

  test("a change of the settings restarts the pod, and nothing else does", () => {
    const hash = (values: object) =>
      one(rendered(values), "StatefulSet")["spec"].template.metadata.annotations["spantwin/settings-hash"];
    expect(hash({ settings: { seed: 2 } })).not.toBe(hash({ settings: { seed: 3 } }));
    expect(hash({ service: { type: "NodePort" } })).toBe(hash({}));
  });

  test("the volume is claimed once, or not at all", () => {
    const claim = one(rendered(), "StatefulSet")["spec"].volumeClaimTemplates[0];
    expect(claim.spec).toEqual({ accessModes: ["ReadWriteOnce"], resources: { requests: { storage: "20Gi" } } });
    const without = rendered({ persistence: { enabled: false } });
    expect(one(without, "StatefulSet")["spec"].volumeClaimTemplates).toBeUndefined();
    expect(podOf(without).volumes).toContainEqual({ name: "data", emptyDir: {} });
  });

  test("its selectors meet its pod, and the monitor meets one Service", () => {
    const manifests = rendered({ serviceMonitor: { enabled: true } });
    const labels = one(manifests, "StatefulSet")["spec"].template.metadata.labels;
    const services = manifests.filter(({ kind }) => kind === "Service");
    expect(services).toHaveLength(2);
    for (const service of services) expect(labels).toMatchObject(service["spec"].selector);
    expect(labels).toMatchObject(one(manifests, "NetworkPolicy")["spec"].podSelector.matchLabels);
    const monitor = one(manifests, "ServiceMonitor")["spec"];
    const met = services.filter(({ metadata }) => {
      const isIn = Object.entries(monitor.selector.matchLabels).every(
        ([key, value]) => metadata.labels?.[key] === value,
      );
      return isIn && metadata.labels?.[monitor.selector.matchExpressions[0].key] === undefined;
    });
    expect(met.map(({ metadata }) => metadata.name)).toEqual(["watch-spantwin"]);
    expect(met[0]!["spec"].ports.map(({ name }: { name: string }) => name)).toContain(monitor.endpoints[0].port);
  });

  test("the network lets in the namespace's pods only, until others are named", () => {
    const policy = (values: object) => one(rendered(values), "NetworkPolicy")["spec"];
    expect(policy({}).ingress.map(({ from }: { from: unknown }) => from)).toEqual([
      [{ podSelector: {} }],
      [{ podSelector: {} }],
    ]);
    const prometheus = { namespaceSelector: { matchLabels: { team: "monitoring" } } };
    const kafka = { ports: [{ port: 9092 }] };
    const opened = policy({ networkPolicy: { apiFrom: [prometheus], egress: [kafka] } });
    expect(opened.ingress[1].from).toEqual([prometheus]);
    expect(opened.egress).toContainEqual(kafka);
    expect(rendered({ networkPolicy: { enabled: false } }).some(({ kind }) => kind === "NetworkPolicy")).toBe(false);
  });
});
