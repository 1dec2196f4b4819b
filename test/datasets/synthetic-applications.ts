import type {
  Application,
  Operation,
  Service,
  Station,
  TimeDistribution,
} from "../../datasets/synthetic/application.ts";
import { recordApplication } from "../../datasets/synthetic/record.ts";
import type { Observation } from "../../src/contracts/observation.ts";
import { CountingLedger } from "../../src/telemetry/ledger.ts";
import { Observer } from "../../src/topology/observer.ts";

export const EXPONENTIAL = { shape: "gamma", cv: 1 } as const;

/** A chain of services, each with one operation that works half before and half after it calls the next. */
export function chain(
  stations: readonly (Partial<Service> & { station: Station; work: TimeDistribution })[],
): Application {
  const last = stations.length - 1;
  const services = stations.map(
    (wish, index): Service => ({
      name: `service-${index}`,
      isLeaf: false,
      replicaCount: 1,
      balancing: "random",
      autocorrelation: 0,
      pause: null,
      ...wish,
    }),
  );
  const operations = stations.map(
    ({ work }, index): Operation => ({
      name: `GET /${index}`,
      service: index,
      work,
      gap: { shape: "gamma", meanSeconds: 0.001, cv: 0.3 },
      programs: [
        index < last
          ? { probability: 1, groups: [[index + 1]], workShares: [0.5, 0.5], workFactor: 1 }
          : { probability: 1, groups: [], workShares: [1], workFactor: 1 },
      ],
    }),
  );
  return { services, operations, entries: [{ operation: 0, share: 1 }] };
}

/** The windows that the product makes of a recording, with what it counted as lost. */
export function observe(
  application: Application,
  requests: Parameters<typeof recordApplication>[1],
  options: Omit<Parameters<typeof recordApplication>[2], "take">,
  limits: { readonly spansPerWindowMax?: number } = {},
): { windows: Observation[]; ledger: CountingLedger } {
  const ledger = new CountingLedger();
  const observer = new Observer({ windowSeconds: 5, latenessSeconds: 3, maxOpenTraces: 50_000, ...limits }, ledger);
  const windows: Observation[] = [];
  recordApplication(application, requests, {
    ...options,
    take: (batch) => windows.push(...observer.add(batch)),
  });
  windows.push(...observer.finish());
  return { windows, ledger };
}
