import { spawn, spawnSync } from "node:child_process";
import { existsSync, mkdirSync } from "node:fs";
import { join } from "node:path";

import { parseAllDocuments } from "yaml";
import { root } from "../house/sources.ts";

const HELM_MODULE = "helm.sh/helm/v3/cmd/helm@v3.19.0";
const BUILD_WITHIN_MILLISECONDS = 900_000;
const tools = join(root, ".cache/tools");
const CHART = join(root, "deploy/helm/spantwin");

export interface Manifest {
  readonly kind: string;
  readonly apiVersion: string;
  readonly metadata: { readonly name: string; readonly labels?: Readonly<Record<string, string>> };
  // biome-ignore lint/suspicious/noExplicitAny: a manifest may hold anything; each test says what it expects
  readonly [field: string]: any;
}

/** Where helm is: on the path, or built once from its Go module; null where there is neither helm nor Go. */
export async function findHelm(): Promise<string | null> {
  const built = join(tools, "helm");
  for (const candidate of ["helm", built]) {
    if (spawnSync(candidate, ["version"]).status === 0) return candidate;
  }
  mkdirSync(tools, { recursive: true });
  const env = { ...process.env, GOBIN: tools, GOFLAGS: "-trimpath" };
  // Not in one step: the build takes minutes the first time, in which the test's own process must stay alive.
  const go = spawn("go", ["install", HELM_MODULE], { env, stdio: "ignore", timeout: BUILD_WITHIN_MILLISECONDS });
  await new Promise((resolve) => go.once("error", resolve).once("close", resolve));
  return existsSync(built) ? built : null;
}

export interface Rendered {
  readonly code: number;
  readonly stderr: string;
  readonly manifests: readonly Manifest[];
}

/** `helm template` with values as JSON, on a Kubernetes that the chart is made for. */
export function render(helm: string, values: object = {}): Rendered {
  const args = ["template", "watch", CHART, "--namespace", "ops", "--kube-version", "1.33.0", "--values", "-"];
  const { status, stdout, stderr } = spawnSync(helm, args, { input: JSON.stringify(values), encoding: "utf8" });
  const manifests = status === 0 ? parseAllDocuments(stdout).map((document) => document.toJS() as Manifest) : [];
  return { code: status ?? -1, stderr, manifests };
}

export function lint(helm: string): { code: number; output: string } {
  const { status, stdout, stderr } = spawnSync(helm, ["lint", "--strict", CHART], { encoding: "utf8" });
  return { code: status ?? -1, output: stdout + stderr };
}
