import { type Command, Option } from "commander";
import type { Settings } from "../contracts/settings.ts";
import { startWorker, WORKER_ROLES, type WorkerRole } from "../pipeline/worker.ts";
import { createLog } from "../self/log.ts";
import { aborted, report } from "./attach.ts";
import { KAFKA_KEYS, LEARNING_SETTINGS, settingsOf, stopSignal, withSettings } from "./options.ts";

const WORKER_SETTINGS: readonly (keyof Settings)[] = [
  ...LEARNING_SETTINGS,
  ...KAFKA_KEYS,
  "workerPrefix",
  "workerPartitions",
  "storeUrl",
  "maxBodyBytes",
  "retentionHours",
];

export function addWorker(program: Command): void {
  const command = program
    .command("worker")
    .description("Shares the work of one application with other workers, through Kafka and PostgreSQL, until stopped.")
    .addOption(new Option("--role <roles...>", "what this process does").choices(WORKER_ROLES))
    .option("--json", "print each incident event as a JSON line on stdout", false)
    .addHelpText(
      "after",
      `
Without --role it does both.

Examples:
  spantwin worker --role assemble --kafka-brokers kafka:9092
  spantwin worker --role detect --kafka-brokers kafka:9092 --store-url postgres://spantwin@db/spantwin`,
    );
  withSettings(command, WORKER_SETTINGS).action(async (options: Record<string, unknown>) => {
    const settings = settingsOf(options, WORKER_SETTINGS);
    const isJson = options["json"] === true;
    const log = createLog({ json: isJson });
    const roles = (options["role"] as readonly WorkerRole[] | undefined) ?? WORKER_ROLES;
    const worker = await startWorker({
      settings,
      roles,
      password: process.env["SPANTWIN_KAFKA_PASSWORD"],
      onWindow: ({ events }) => {
        for (const event of events) report(event, isJson, log.info);
      },
      say: (level, message) => log[level](message),
      onError: (error, what) => log.error(what, { error }),
    });
    log.info(`worker: ${roles.join(" and ")} (Ctrl-C ends)`);
    await aborted(stopSignal());
    await worker.stop();
  });
}
