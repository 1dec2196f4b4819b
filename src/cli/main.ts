#!/usr/bin/env node
import { Command, CommanderError } from "commander";
import { SettingsError, SourceError } from "../contracts/errors.ts";
import { addAttach } from "./attach.ts";
import { addDemo } from "./demo.ts";
import { addDoctor } from "./doctor.ts";
import { addEvaluate } from "./evaluate.ts";
import { addFeedback } from "./feedback.ts";
import { addInject } from "./inject.ts";
import { addRecord } from "./record.ts";
import { addReplay } from "./replay.ts";
import { addSettings } from "./settings.ts";
import { addTrain } from "./train.ts";
import { VERSION } from "./version.ts";
import { addWhatIf } from "./what-if.ts";
import { addWorker } from "./worker.ts";

/** Exit codes: 0 done, 1 ran and found it wanting (or failed), 2 a mistake in how it was called. */
const EXIT_FAILED = 1;
const EXIT_USAGE = 2;

const program = new Command("spantwin")
  .description("Finds performance faults in distributed systems with a queueing twin learned from OpenTelemetry.")
  .version(VERSION)
  .exitOverride()
  // A mistake is one line: what commander breaks in two (with its suggestion) is put together.
  .configureOutput({ outputError: (text, write) => write(`spantwin: ${text.trim().replaceAll(/\s*\n\s*/g, " ")}\n`) })
  .addHelpText(
    "after",
    `
Examples:
  spantwin demo                                  a live shop, a surge and a fault, in the browser
  spantwin attach                                receive OTLP on 4317 and 4318, page on http://127.0.0.1:7171
  spantwin doctor                                what would keep attach from working, and what to do
  spantwin replay datasets/sample --json         what a recording holds
  spantwin what-if datasets/sample --traffic 2   what twice the traffic would do, and what saturates first
  spantwin feedback <incident> --not-a-fault     what an incident was: it changes what is told and learned next
  spantwin evaluate datasets/sample              how right the verdicts are, beside the baselines`,
  );

addDemo(program);
addAttach(program);
addReplay(program);
addEvaluate(program);
addTrain(program);
addWhatIf(program);
addFeedback(program);
addRecord(program);
addInject(program);
addWorker(program);
addSettings(program);
addDoctor(program);

try {
  await program.parseAsync(process.argv);
} catch (error) {
  process.exitCode = exitCodeOf(error);
}

function exitCodeOf(error: unknown): number {
  if (error instanceof CommanderError) {
    return error.exitCode === 0 ? 0 : EXIT_USAGE;
  }
  const message = error instanceof Error ? error.message : String(error);
  process.stderr.write(`spantwin: ${message}\n`);
  if (error instanceof SettingsError) {
    return EXIT_USAGE;
  }
  if (!(error instanceof SourceError) && error instanceof Error && process.env["SPANTWIN_TRACE"] !== undefined) {
    process.stderr.write(`${error.stack ?? ""}\n`);
  }
  return EXIT_FAILED;
}
