import { join } from "node:path";
import type { TestbedEvent } from "../../datasets/testbed/events.ts";
import { launchTestbed } from "../../datasets/testbed/launch.ts";
import type { Settings } from "../contracts/settings.ts";
import { RecordingWriter } from "../telemetry/files/recording-writer.ts";
import { CountingLedger } from "../telemetry/ledger.ts";
import { OtlpReceiver } from "../telemetry/otlp/receiver.ts";

/** Runs the testbed through a schedule and writes what it sends, with its labels, as a recording. */
export async function recordTestbed(options: {
  settings: Settings;
  folder: string;
  schedule: string;
  /** File that declares the application; the built-in shop when absent. */
  topology?: string;
  ratePerSecond?: number;
  kafka?: string;
  hear: (event: TestbedEvent) => void;
  signal: AbortSignal;
}): Promise<{ spans: number; exitCode: number }> {
  const { settings, folder, signal } = options;
  const writer = await RecordingWriter.open(folder, { compression: "zstd" });
  const receiver = new OtlpReceiver({
    ...settings,
    ledger: new CountingLedger(),
    tap: (kind, body, encoding) => writer.write(kind, body, encoding),
  });
  try {
    const ports = await receiver.start({ grpcPort: 0, httpPort: null });
    let spans = 0;
    const reading = receiver.read((batch) => {
      spans += batch.spans.spanCount;
    }, signal);
    const testbed = await launchTestbed(
      {
        otlp: `http://127.0.0.1:${ports.grpcPort}`,
        seed: settings.seed,
        schedule: options.schedule,
        labelsFile: join(folder, "labels.json"),
        ...(options.topology === undefined ? {} : { topology: options.topology }),
        ...(options.ratePerSecond === undefined ? {} : { ratePerSecond: options.ratePerSecond }),
        ...(options.kafka === undefined ? {} : { kafka: options.kafka }),
      },
      options.hear,
    );
    const stop = (): void => void testbed.stop();
    signal.addEventListener("abort", stop, { once: true });
    if (signal.aborted) stop();
    const exitCode = await testbed.ended;
    await receiver.close();
    await reading;
    return { spans, exitCode };
  } finally {
    await receiver.close();
    await writer.close();
  }
}
