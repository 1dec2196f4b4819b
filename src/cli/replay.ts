import { type Command, Option } from "commander";
import { SettingsError } from "../contracts/errors.ts";
import { replay } from "../pipeline/replay.ts";
import { loadScorer } from "../pipeline/scorers.ts";
import { openRecording, RECORDING_FORMATS, type RecordingFormat } from "../pipeline/sources.ts";
import { CountingLedger } from "../telemetry/ledger.ts";
import { REPLAY_SETTINGS, settingsOf, stopSignal, withSettings } from "./options.ts";
import { Progress } from "./progress.ts";
import { incidentLine } from "./wording.ts";

export function addReplay(program: Command): void {
  const command = program
    .command("replay <recordings...>")
    .description("Sends recorded telemetry through the line, in order of event time, and prints the incidents.")
    .addOption(new Option("--format <format>", "what is in the files").choices(RECORDING_FORMATS).default("auto"))
    .option("--speed <speed>", "so many times event time, or max: as fast as it goes", "max")
    .option("--json", "print one JSON document on stdout", false)
    .addHelpText(
      "after",
      `
A recording is a file, a folder, a glob in quotes, or - for standard input; plain, gzip or zstd. Read are OTLP as a
collector's file exporter writes it (JSON lines, or protobuf behind lengths), Jaeger JSON, Zipkin v2 JSON, and Jaeger
protobuf behind lengths; which it is, each body tells (docs/formats.md). Or it is a part of a Kafka topic.

Examples:
  spantwin replay datasets/sample
  spantwin replay traces-*.json.gz more-traces/
  spantwin replay 'export/**/*.json' --format jaeger --speed 60
  curl -s 'http://zipkin:9411/api/v2/traces?limit=500' | spantwin replay -
  spantwin replay 'kafka://broker:9092/otlp_spans?from=2026-02-01T10:00Z&to=2026-02-01T11:00Z'
  spantwin replay spans.jsonl.gz --json --seed 7
  spantwin replay spans.jsonl.gz --exclude 2026-02-01T10:00Z/2026-02-01T10:30Z --exclude 1769990000/1769990600
  spantwin replay --format nezha ./2022-08-22 --json`,
    );
  withSettings(command, REPLAY_SETTINGS).action(async (paths: string[], options: Record<string, unknown>) => {
    const settings = settingsOf(options, REPLAY_SETTINGS);
    const isJson = options["json"] === true;
    const ledger = new CountingLedger();
    const speed = speedOf(String(options["speed"]));
    const source = await openRecording(paths, options["format"] as RecordingFormat, settings, ledger, {
      speed,
      kafkaPassword: process.env["SPANTWIN_KAFKA_PASSWORD"],
    });
    const { scorer, view } = await loadScorer(settings);
    if (view.degradedReason !== null) process.stderr.write(`spantwin: ${view.degradedReason}\n`);
    const progress = new Progress({ isQuiet: isJson });
    const begun = performance.now();
    const result = await replay({
      source,
      settings,
      scorer,
      model: view,
      ledger,
      signal: stopSignal(),
      onWindow: ({ scored }) => {
        progress.show(`replaying ${new Date(scored.forecast.observation.endSeconds * 1000).toISOString()}`);
      },
    });
    progress.done();
    const elapsedSeconds = (performance.now() - begun) / 1000;
    const pace = {
      elapsedSeconds,
      timesRealTime: result.coveredSeconds / elapsedSeconds,
      spansPerSecond: result.spans / elapsedSeconds,
      peakMemoryMiB: process.resourceUsage().maxRSS / 1024,
    };
    if (isJson) {
      const { events: _, ...document } = result;
      process.stdout.write(`${JSON.stringify({ ...document, pace }, null, 2)}\n`);
      return;
    }
    for (const incident of result.incidents) {
      process.stdout.write(`${incidentLine(incident)}\n`);
    }
    const minutes = (result.coveredSeconds / 60).toFixed(1);
    process.stdout.write(
      `${result.incidents.filter((each) => each.verdict === "fault").length} faults in ${minutes} minutes and ${result.spans} spans; ` +
        `${elapsedSeconds.toFixed(1)} s, ${pace.timesRealTime.toFixed(0)}× real time\n`,
    );
  });
}

/** @throws {SettingsError} when it is no such number. */
function speedOf(text: string): number {
  if (text === "max") return Number.POSITIVE_INFINITY;
  const speed = Number(text);
  if (!(text.trim() !== "" && speed > 0 && Number.isFinite(speed))) {
    throw new SettingsError("--speed", text, "must be max or a number above 0");
  }
  return speed;
}
