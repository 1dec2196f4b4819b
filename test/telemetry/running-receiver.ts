import { afterEach } from "vitest";
import type { TelemetryBatch } from "../../src/contracts/telemetry.ts";
import { CountingLedger } from "../../src/telemetry/ledger.ts";
import { OtlpReceiver, type OtlpReceiverOptions } from "../../src/telemetry/otlp/receiver.ts";
import type { TlsCredentials } from "../../src/telemetry/otlp/tls.ts";

const stops: (() => Promise<void>)[] = [];
afterEach(async () => {
  for (const stop of stops.splice(0)) await stop();
});

/** A receiver on both protocols whose batches are kept; it ends with the test. */
export async function runningReceiver(
  options: Partial<OtlpReceiverOptions> & { tls?: TlsCredentials | null } = {},
  take?: (batch: TelemetryBatch) => Promise<void> | void,
) {
  const { tls = null, ...limits } = options;
  const ledger = new CountingLedger();
  const receiver = new OtlpReceiver({ ledger, maxBodyBytes: 200_000, maxOperationsPerService: 100, ...limits });
  const { httpPort, grpcPort } = await receiver.start({ httpPort: 0, grpcPort: 0, tls });
  const batches: TelemetryBatch[] = [];
  const abort = new AbortController();
  const reading = receiver.read(take ?? ((batch) => void batches.push(batch)), abort.signal);
  reading.catch(() => {});
  stops.push(async () => {
    abort.abort();
    await reading.catch(() => {});
    await receiver.close();
  });
  return { receiver, ledger, batches, abort, httpPort: httpPort!, grpcPort: grpcPort! };
}
