import { compileNetwork } from "../../twin/kernel/compile-network.ts";
import type { CompiledNetwork } from "../../twin/kernel/compiled-network.ts";
import type { Arrivals } from "../../twin/kernel/spec.ts";
import { openNetwork, openNetworkArrivals, openNetworkSpec } from "./open-network.ts";
import { rpcArrivals, rpcNetwork, rpcSize } from "./rpc-network.ts";

/** What the simulator is given to run. */
export interface Workload {
  readonly network: CompiledNetwork;
  readonly arrivals: Arrivals;
  readonly stationCount: number;
  readonly instanceCount: number;
  readonly spansPerRequest: number;
}

/** "open", "rpc-fifo" and "rpc-ps" of the usual size; "stations-100" for so many FIFO stations in applications of ten. */
export type WorkloadName = "open" | "rpc-fifo" | "rpc-ps" | `stations-${number}`;

export const OPEN_JOBS = 100_000;
const RPC_REQUESTS = 25_000;
const SCALING_SPANS = 400_000;
const SCALING_SERVICES = 10;
const SEED = 1;
/** Of the runs that are compared with another program's. */
export const KERNEL_SEED = 7;

export function workload(name: WorkloadName): Workload {
  if (name === "open") return openWorkload();
  if (name === "rpc-fifo") return rpcWorkload("fifo");
  if (name === "rpc-ps") return rpcWorkload("ps");
  return scalingWorkload(Number(name.slice("stations-".length)));
}

function openWorkload(): Workload {
  return {
    network: compileNetwork(openNetworkSpec(openNetwork)),
    arrivals: openNetworkArrivals(openNetwork, OPEN_JOBS, SEED),
    stationCount: openNetwork.stationCount,
    instanceCount: openNetwork.stationCount,
    spansPerRequest: 1 / openNetwork.leaveProbability,
  };
}

function rpcWorkload(discipline: "fifo" | "ps"): Workload {
  const network = rpcNetwork({ ...rpcSize, discipline });
  return {
    network: compileNetwork(network.spec),
    arrivals: rpcArrivals(network, RPC_REQUESTS, SEED),
    stationCount: network.spec.stations.length,
    instanceCount: network.instanceCount,
    spansPerRequest: network.spansPerRequest,
  };
}

/** The load of each application is the same however many there are. */
function scalingWorkload(stationCount: number): Workload {
  const applicationCount = stationCount / SCALING_SERVICES;
  const network = rpcNetwork({
    discipline: "fifo",
    applicationCount,
    servicesPerApplication: SCALING_SERVICES,
    spansPerSecond: 1500 * applicationCount,
  });
  return {
    network: compileNetwork(network.spec),
    arrivals: rpcArrivals(network, Math.round(SCALING_SPANS / network.spansPerRequest), SEED),
    stationCount,
    instanceCount: network.instanceCount,
    spansPerRequest: network.spansPerRequest,
  };
}
