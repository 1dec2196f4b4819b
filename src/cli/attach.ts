import type { Command } from "commander";
import type { IncidentEvent } from "../contracts/incident.ts";
import type { Settings } from "../contracts/settings.ts";
import { startServer } from "../pipeline/server.ts";
import { createLog } from "../self/log.ts";
import { RecordingWriter } from "../telemetry/files/recording-writer.ts";
import { ATTACH_SETTINGS, settingsOf, stopSignal, withSettings } from "./options.ts";
import { VERSION } from "./version.ts";

export function addAttach(program: Command): void {
  const command = program
    .command("attach")
    .description("Receives OTLP from a running system, judges it and serves the page, until stopped.")
    .option("--record <folder>", "also write everything received to this folder, as a recording that replay reads")
    .option("--json", "print each incident event as a JSON line on stdout", false)
    .addHelpText(
      "after",
      `
Examples:
  spantwin attach
  spantwin attach --host 0.0.0.0 --api-port 8080
  spantwin attach --record recordings/today --json
  spantwin attach --kafka-brokers kafka-1:9092,kafka-2:9092 --kafka-start earliest`,
    );
  withSettings(command, ATTACH_SETTINGS).action(async (options: Record<string, unknown>) => {
    const settings = settingsOf(options, ATTACH_SETTINGS);
    const isJson = options["json"] === true;
    const log = createLog({ json: isJson || settings.logFormat === "json", level: logLevelOf(settings, isJson) });
    const folder = options["record"];
    const writer = typeof folder === "string" ? await RecordingWriter.open(folder, { compression: "zstd" }) : null;
    const server = await startServer({
      settings,
      mode: "attach",
      version: VERSION,
      ...(writer === null ? {} : { tap: (signal, body, encoding) => writer.write(signal, body, encoding) }),
      onWindow: ({ events }) => {
        for (const event of events) {
          report(event, isJson, log.info);
        }
      },
      onError: (error, what) => log.error(what, { error }),
      onNotice: (level, message) => log[level](message),
      kafkaPassword: process.env["SPANTWIN_KAFKA_PASSWORD"],
    });
    if (server.degradedReason !== null) {
      log.warn(server.degradedReason);
    }
    log.info(
      `OTLP/gRPC on ${settings.host}:${server.otlpGrpcPort}, OTLP/HTTP on ${settings.host}:${server.otlpHttpPort}`,
    );
    log.info(`page: ${server.url} (Ctrl-C ends)`);
    await aborted(stopSignal());
    await server.stop();
    await writer?.close();
  });
}

/** A machine that reads stdout wants to hear of trouble only; one that reads the log wants all of it. */
function logLevelOf({ logLevel, logFormat }: Settings, isJson: boolean): Settings["logLevel"] {
  return logLevel === "auto" && logFormat === "json" && !isJson ? "info" : logLevel;
}

export function report(event: IncidentEvent, isJson: boolean, info: (message: string) => void): void {
  if (isJson) {
    process.stdout.write(`${JSON.stringify(event)}\n`);
  } else if (event.type !== "updated") {
    const verdict = event.incident.verdict === "traffic" ? "traffic, not fault" : "fault";
    info(`${verdict} ${event.type}: ${event.incident.summary}`);
  }
}

export function aborted(signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    if (signal.aborted) {
      resolve();
    }
    signal.addEventListener("abort", () => resolve(), { once: true });
  });
}
