import { monitorEventLoopDelay } from "node:perf_hooks";
import { metrics } from "@opentelemetry/api";
import type { FifoPool } from "./fifo-pool.ts";

/** Publishes what the process uses and where its limits are, by semantic conventions where there are any. */
export function publishResourceMetrics(pools: {
  readonly workers: FifoPool;
  readonly database: FifoPool | null;
  readonly databaseName: string;
}): void {
  const meter = metrics.getMeter("spantwin-testbed");
  publishCpu(meter);
  publishEventLoopDelay(meter);
  const workerLimit = meter.createObservableGauge("spantwin.testbed.worker_pool.limit", { unit: "{worker}" });
  const workerUsed = meter.createObservableGauge("spantwin.testbed.worker_pool.used", { unit: "{worker}" });
  const workerPending = meter.createObservableGauge("spantwin.testbed.worker_pool.pending_requests", {
    unit: "{request}",
  });
  meter.addBatchObservableCallback(
    (result) => {
      result.observe(workerLimit, pools.workers.serverCount);
      result.observe(workerUsed, pools.workers.held);
      result.observe(workerPending, pools.workers.waiting);
    },
    [workerLimit, workerUsed, workerPending],
  );
  if (pools.database !== null) publishConnections(meter, pools.database, pools.databaseName);
}

type Meter = ReturnType<typeof metrics.getMeter>;

function publishCpu(meter: Meter): void {
  let before = process.cpuUsage();
  let beforeMilliseconds = performance.now();
  meter
    .createObservableGauge("process.cpu.utilization", { unit: "1", description: "Share of one core." })
    .addCallback((result) => {
      const now = process.cpuUsage();
      const nowMilliseconds = performance.now();
      const usedMilliseconds = (now.user + now.system - before.user - before.system) / 1000;
      result.observe(usedMilliseconds / Math.max(1, nowMilliseconds - beforeMilliseconds));
      before = now;
      beforeMilliseconds = nowMilliseconds;
    });
}

function publishEventLoopDelay(meter: Meter): void {
  const delay = monitorEventLoopDelay({ resolution: 20 });
  delay.enable();
  const mean = meter.createObservableGauge("nodejs.eventloop.delay.mean", { unit: "s" });
  const p99 = meter.createObservableGauge("nodejs.eventloop.delay.p99", { unit: "s" });
  const longest = meter.createObservableGauge("nodejs.eventloop.delay.max", { unit: "s" });
  meter.addBatchObservableCallback(
    (result) => {
      if (Number.isFinite(delay.mean)) {
        result.observe(mean, delay.mean / 1e9);
        result.observe(p99, delay.percentile(99) / 1e9);
        result.observe(longest, delay.max / 1e9);
      }
      delay.reset();
    },
    [mean, p99, longest],
  );
}

function publishConnections(meter: Meter, pool: FifoPool, name: string): void {
  const attributes = { "db.client.connection.pool.name": name };
  const count = meter.createObservableUpDownCounter("db.client.connection.count", { unit: "{connection}" });
  const limit = meter.createObservableUpDownCounter("db.client.connection.max", { unit: "{connection}" });
  const pending = meter.createObservableUpDownCounter("db.client.connection.pending_requests", { unit: "{request}" });
  meter.addBatchObservableCallback(
    (result) => {
      result.observe(count, pool.held, { ...attributes, "db.client.connection.state": "used" });
      result.observe(count, Math.max(0, pool.serverCount - pool.held), {
        ...attributes,
        "db.client.connection.state": "idle",
      });
      result.observe(limit, pool.serverCount, attributes);
      result.observe(pending, pool.waiting, attributes);
    },
    [count, limit, pending],
  );
}
