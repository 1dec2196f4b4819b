import { getHeapStatistics } from "node:v8";

import type { Settings } from "../../contracts/settings.ts";
import { bytesText, type Finding, failure, fine, warning } from "./finding.ts";

const NEEDED_NODE_MAJOR = 24;
/** Process, model and twin before any body is under way. */
const BASE_BYTES = 400 * 1024 ** 2;
const LEAST_HEAP_BYTES = 384 * 1024 ** 2;

/** Limits of this process, as the system set them. */
export interface MemoryLimits {
  /** Limit of the control group, Infinity when there is none. */
  readonly limitBytes: number;
  readonly heapBytes: number;
}

export function memoryLimits(): MemoryLimits {
  // 0 or a number beyond any machine stands for "none".
  const constrained = process.constrainedMemory();
  const limitBytes = constrained > 0 && constrained < 2 ** 50 ? constrained : Number.POSITIVE_INFINITY;
  return { limitBytes, heapBytes: getHeapStatistics().heap_size_limit };
}

/** Node's version, and whether the memory allowed is enough for what the settings let in. */
export function checkRuntime(
  settings: Pick<Settings, "maxInFlightBytes" | "maxQueueBytes">,
  limits: MemoryLimits = memoryLimits(),
  nodeVersion: string = process.versions.node,
): readonly Finding[] {
  return [checkNode(nodeVersion), checkProcessMemory(settings, limits), checkHeap(limits)];
}

function checkNode(version: string): Finding {
  const major = Number(version.split(".")[0]);
  return major >= NEEDED_NODE_MAJOR
    ? fine("node", `Node ${version}`)
    : failure(
        "node",
        `Node ${version} is too old`,
        `use Node ${NEEDED_NODE_MAJOR} or newer: npm run setup installs it`,
      );
}

function checkProcessMemory(
  { maxInFlightBytes, maxQueueBytes }: Pick<Settings, "maxInFlightBytes" | "maxQueueBytes">,
  { limitBytes }: MemoryLimits,
): Finding {
  const needed = BASE_BYTES + maxInFlightBytes + maxQueueBytes;
  const need = `${bytesText(needed)} may be needed (${bytesText(BASE_BYTES)}, maxInFlightBytes and maxQueueBytes)`;
  if (limitBytes === Number.POSITIVE_INFINITY) return fine("memory", `no limit is set; ${need}`);
  const found = `the limit is ${bytesText(limitBytes)}; ${need}`;
  const advice = `raise the memory limit to ${bytesText(needed)}, or lower maxInFlightBytes (a collector's batch is seldom above 4 MiB)`;
  if (limitBytes < BASE_BYTES) return failure("memory", found, advice);
  return limitBytes < needed ? warning("memory", found, advice) : fine("memory", found);
}

function checkHeap({ limitBytes, heapBytes }: MemoryLimits): Finding {
  const found = `the JavaScript heap may grow to ${bytesText(heapBytes)}`;
  if (heapBytes < LEAST_HEAP_BYTES) {
    return warning("memory", found, "raise --max-old-space-size in NODE_OPTIONS to 512 or more, or leave it out");
  }
  if (heapBytes > limitBytes) {
    const megabytes = Math.floor((limitBytes * 0.7) / 1024 ** 2);
    const advice = `set NODE_OPTIONS=--max-old-space-size=${megabytes}, so that garbage is collected before the system kills it`;
    return warning("memory", `${found}, beyond the memory limit`, advice);
  }
  return fine("memory", found);
}
