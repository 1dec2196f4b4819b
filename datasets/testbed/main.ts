/**
 * The testbed as a program: starts the shop, plays a schedule on it and says what it does, one JSON line an event.
 *
 *   node datasets/testbed/main.ts --otlp http://127.0.0.1:4317 --schedule datasets/testbed/schedules/demo.yaml
 */
import { readFileSync } from "node:fs";
import { parseArgs } from "node:util";
import { SettingsError } from "../../src/contracts/errors.ts";
import type { TestbedEvent } from "./events.ts";
import { IDLE_SCHEDULE, parseSchedule, type Schedule } from "./schedule.ts";
import type { ShopDeclaration } from "./shop-schema.ts";
import { type SupervisorOptions, superviseTestbed } from "./supervisor.ts";
import { readTopology } from "./topology.ts";

const HELP = `Usage: node datasets/testbed/main.ts [options]

  --otlp URL             where telemetry goes            (http://127.0.0.1:4317)
  --otlp-protocol NAME   grpc | http/protobuf | http/json (grpc)
  --schedule FILE|-      YAML schedule, - for stdin      (base load until stopped)
  --topology FILE        YAML declaration of an application (the built-in shop)
  --rate N               entry requests/s at factor 1    (the application's own)
  --seed N               seed of all dice                (1)
  --control-port N       injector on 127.0.0.1, 0 = any  (0)
  --record-labels FILE   writes labels.json there
  --kafka HOST:PORT      orders go through this Kafka    (embedded broker)
  --stats-seconds N      report this often, 0 = at phase ends only (10)

Events on stdout: ready, load, fault-start, fault-end, stats, stopped. Exit: 0 ended, 1 failed, 2 bad option.
Example: node datasets/testbed/main.ts --otlp http://127.0.0.1:4318 --otlp-protocol http/protobuf --rate 20
`;

const PARENT_POLL_SECONDS = 0.5;

const OPTIONS = {
  otlp: { type: "string", default: "http://127.0.0.1:4317" },
  "otlp-protocol": { type: "string", default: "grpc" },
  schedule: { type: "string" },
  topology: { type: "string" },
  rate: { type: "string" },
  seed: { type: "string", default: "1" },
  "control-port": { type: "string", default: "0" },
  "record-labels": { type: "string" },
  kafka: { type: "string" },
  "stats-seconds": { type: "string", default: "10" },
  help: { type: "boolean", short: "h", default: false },
} as const;

function announce(event: TestbedEvent): void {
  process.stdout.write(`${JSON.stringify(event)}\n`);
}

/** @throws {SettingsError} naming the option, the value and the rule. */
function readOptions(): SupervisorOptions | null {
  let values: ReturnType<typeof parseArgs<{ options: typeof OPTIONS }>>["values"];
  try {
    ({ values } = parseArgs({ options: OPTIONS }));
  } catch (error) {
    throw new SettingsError("options", process.argv.slice(2).join(" "), `cannot be read: ${(error as Error).message}`);
  }
  if (values.help) return null;
  const protocol = values["otlp-protocol"];
  if (protocol !== "grpc" && protocol !== "http/protobuf" && protocol !== "http/json") {
    throw new SettingsError("--otlp-protocol", protocol, "must be grpc, http/protobuf or http/json");
  }
  if (!URL.canParse(values.otlp))
    throw new SettingsError("--otlp", values.otlp, "must be a URL such as http://127.0.0.1:4317");
  if (values.kafka !== undefined && !/^[\w.-]+:\d{1,5}$/.test(values.kafka))
    throw new SettingsError("--kafka", values.kafka, "must be host:port");
  const shop = readTopology(values.topology);
  return {
    shop,
    schedule: readSchedule(values.schedule, shop),
    seed: numberOption("--seed", values.seed, 0, 2 ** 31, true),
    ratePerSecond: values.rate === undefined ? shop.ratePerSecond : numberOption("--rate", values.rate, 0.1, 1000),
    otlpEndpoint: values.otlp,
    otlpProtocol: protocol,
    kafka: values.kafka ?? null,
    controlPort: numberOption("--control-port", values["control-port"], 0, 65_535, true),
    labelsFile: values["record-labels"] ?? null,
    statsSeconds: numberOption("--stats-seconds", values["stats-seconds"], 0, 86_400),
    announce,
  };
}

function readSchedule(file: string | undefined, shop: ShopDeclaration): Schedule {
  if (file === undefined) return IDLE_SCHEDULE;
  let text: string;
  try {
    text = readFileSync(file === "-" ? 0 : file, "utf8");
  } catch (error) {
    throw new SettingsError("--schedule", file, `cannot be read: ${(error as NodeJS.ErrnoException).code}`);
  }
  return parseSchedule(text, shop);
}

function numberOption(name: string, text: string, from: number, to: number, isInteger = false): number {
  const value = Number(text);
  if (text.trim() !== "" && value >= from && value <= to && (!isInteger || Number.isInteger(value))) return value;
  throw new SettingsError(name, text, `must be ${isInteger ? "an integer" : "a number"} from ${from} to ${to}`);
}

/** Aborts when we are told to end, or when whoever started us is gone. */
function endOfPatience(): AbortSignal {
  const controller = new AbortController();
  for (const signal of ["SIGINT", "SIGTERM", "SIGHUP"] as const) process.on(signal, () => controller.abort(signal));
  process.on("disconnect", () => controller.abort("the parent is gone"));
  process.on("message", (message) => {
    if (message === "stop") controller.abort("told to stop");
  });
  const parent = process.ppid;
  const poll = setInterval(() => {
    if (process.ppid !== parent) controller.abort("the parent is gone");
  }, PARENT_POLL_SECONDS * 1000);
  poll.unref();
  // A reader that went away must not kill us before the children are stopped.
  process.stdout.on("error", () => controller.abort("nobody reads the events"));
  return controller.signal;
}

async function main(): Promise<number> {
  let options: SupervisorOptions | null;
  try {
    options = readOptions();
  } catch (error) {
    if (!(error instanceof SettingsError)) throw error;
    process.stderr.write(`${error.message}\n`);
    return 2;
  }
  if (options === null) {
    process.stdout.write(HELP);
    return 0;
  }
  const { reason, isGood } = await superviseTestbed(options, endOfPatience());
  announce({ event: "stopped", atSeconds: Date.now() / 1000, reason });
  if (!isGood) process.stderr.write(`testbed: ${reason}\n`);
  return isGood ? 0 : 1;
}

process.exitCode = await main();
if (process.connected) process.disconnect();
