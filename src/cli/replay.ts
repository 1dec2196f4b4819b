import { type Command, Option } from "commander";
import { replay } from "../pipeline/replay.ts";
import { loadScorer } from "../pipeline/scorers.ts";
import { openRecording, RECORDING_FORMATS, type RecordingFormat } from "../pipeline/sources.ts";
import { CountingLedger } from "../telemetry/ledger.ts";
import { LEARNING_SETTINGS, settingsOf, stopSignal, withSettings } from "./options.ts";
import { Progress } from "./progress.ts";
import { incidentLine } from "./wording.ts";

export function addReplay(program: Command): void {
  const command = program
    .command("replay <recording>")
    .description("Sends a recording through the line as fast as it goes and prints the incidents.")
    .addOption(new Option("--format <format>", "layout of the files").choices(RECORDING_FORMATS).default("otlp"))
    .option("--json", "print one JSON document on stdout", false)
    .addHelpText(
      "after",
      `
Examples:
  spantwin replay datasets/sample
  spantwin replay spans.jsonl.gz --json --seed 7
  spantwin replay spans.jsonl.gz --exclude 2026-02-01T10:00Z/2026-02-01T10:30Z --exclude 1769990000/1769990600
  spantwin replay --format nezha ./2022-08-22 --json`,
    );
  withSettings(command, LEARNING_SETTINGS).action(async (path: string, options: Record<string, unknown>) => {
    const settings = settingsOf(options, LEARNING_SETTINGS);
    const isJson = options["json"] === true;
    const ledger = new CountingLedger();
    const source = await openRecording(path, options["format"] as RecordingFormat, settings, ledger);
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
