// A receiver in a process of its own: says its ports, answers "memory" with its size now and at its largest, in bytes.
import { CountingLedger } from "../../src/telemetry/ledger.ts";
import { OtlpReceiver } from "../../src/telemetry/otlp/receiver.ts";

const receiver = new OtlpReceiver({
  ledger: new CountingLedger(),
  maxBodyBytes: 64 << 20,
  maxOperationsPerService: 100,
});
const ports = await receiver.start({ httpPort: 0, grpcPort: 0 });
void receiver.read(() => {}, new AbortController().signal);
process.on("message", () => {
  process.send?.({ rssBytes: process.memoryUsage.rss(), peakBytes: process.resourceUsage().maxRSS * 1024 });
});
process.send?.(ports);
