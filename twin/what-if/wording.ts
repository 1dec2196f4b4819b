import type { Bottleneck, Change, DurationDistribution, StructureName } from "../../src/contracts/what-if.ts";

/** "140 ms", "1.9 s", "0.35 ms". */
export function duration(seconds: number): string {
  const size = Math.abs(seconds);
  if (size >= 0.9995) {
    return `${digits(seconds)} s`;
  }
  return size === 0 ? "0 ms" : `${digits(seconds * 1000)} ms`;
}

/** Two or three digits that count. */
export function digits(value: number): string {
  const size = Math.abs(value);
  if (size >= 100) {
    return value.toFixed(0);
  }
  const shown = value.toPrecision(size >= 10 ? 3 : 2);
  return shown.includes("e") ? value.toFixed(4) : String(Number(shown));
}

/** A change in words that follow "with": "3 replicas of pricing". */
export function describeChange(change: Change): string {
  switch (change.verb) {
    case "traffic":
      return describeTraffic(change);
    case "mix":
      return `${change.operation} as ${percent(change.share)} of all requests`;
    case "replicas":
      return counted(change.count, "replica", `of ${change.service}`);
    case "balancing":
      return `${change.policy} balancing at ${change.service}`;
    case "servers":
      return counted(change.count, "server", `at ${change.service}`);
    case "workers":
      return counted(change.count, "worker", `at ${change.service}`);
    case "queueCapacity":
      return `room for ${change.count} to wait at ${change.service}`;
    case "serviceTime":
      return "factor" in change.to
        ? `${digits(change.to.factor)}× service time at ${change.target}`
        : `${duration(change.to.meanSeconds)} mean service time at ${change.target}`;
    case "device":
      return `${describeDistribution(change.distribution)} behind ${change.service}`;
    case "cacheHit":
      return `${percent(change.share)} cache hits at ${change.target}`;
    case "throttle":
      return `${duration(change.quotaSeconds)} of CPU each ${duration(change.periodSeconds)} at ${change.service}`;
    case "pause":
      return `pauses of ${duration(change.durationSeconds)} every ${duration(change.intervalSeconds)} at ${change.service}`;
    case "placement":
      return `${signed(change.addedSeconds)} on every call to and from ${change.service}`;
    default:
      return `${describeEdgeChange(change)} from ${change.edge.from} to ${change.edge.to}`;
  }
}

function describeTraffic({ operation, to }: Extract<Change, { readonly verb: "traffic" }>): string {
  if ("factor" in to) {
    return `${digits(to.factor)}× ${operation ?? "traffic"}`;
  }
  return `${digits(to.ratePerSecond)} requests/s${operation === null ? "" : ` of ${operation}`}`;
}

function describeEdgeChange(change: Extract<Change, { readonly edge: unknown }>): string {
  switch (change.verb) {
    case "pool":
      return counted(change.connectionCount, "connection", "").trim();
    case "timeout":
      return `a timeout of ${duration(change.seconds)}`;
    case "retry":
      return `${change.attemptsMax} attempts (${duration(change.backoffSeconds)} apart, ×${digits(change.backoffFactor)})`;
    case "edgeDelay":
      return `${signed(change.addedSeconds)} on every call`;
    case "edgeLoss":
      return `${percent(change.probability)} of messages lost`;
  }
}

function describeDistribution(distribution: DurationDistribution): string {
  switch (distribution.family) {
    case "uniform":
      return `uniform(${duration(distribution.fromSeconds)}, ${duration(distribution.toSeconds)})`;
    case "constant":
    case "exponential":
      return `${distribution.family}(${duration(distribution.meanSeconds)})`;
    default:
      return `${distribution.family}(${duration(distribution.meanSeconds)}, ${digits(distribution.variation)})`;
  }
}

/** "pricing", or what of it when that is not plain: "workers of frontend". */
export function bottleneckName({ service, resource, to }: Bottleneck): string {
  switch (resource) {
    case "servers":
      return service;
    case "workers":
      return `the workers of ${service}`;
    case "connections":
      return `the connections from ${service}${to === null ? "" : ` to ${to}`}`;
  }
}

export function structureText({ discipline, serverCount }: StructureName): string {
  return serverCount === null ? discipline : `${discipline} ${digits(serverCount)}`;
}

export function percent(share: number): string {
  return `${digits(share * 100)} %`;
}

export function counted(count: number, noun: string, rest: string): string {
  return `${digits(count)} ${noun}${count === 1 ? "" : "s"} ${rest}`;
}

function signed(seconds: number): string {
  return `${seconds < 0 ? "−" : "+"}${duration(Math.abs(seconds))}`;
}
