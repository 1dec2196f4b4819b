import type { LoadedSettings } from "../../settings/load.ts";
import { checkBrokers } from "./check-brokers.ts";
import { checkClock } from "./check-clock.ts";
import { checkDisk } from "./check-disk.ts";
import { checkModel } from "./check-model.ts";
import { checkPorts } from "./check-ports.ts";
import { checkRuntime } from "./check-runtime.ts";
import { checkSelfTelemetry } from "./check-self-telemetry.ts";
import { checkSettings } from "./check-settings.ts";
import { checkStore } from "./check-store.ts";
import { checkTls } from "./check-tls.ts";
import { type Finding, failure, messageOf } from "./finding.ts";
import { runningServer } from "./running-server.ts";

/**
 * Looks at everything a start would depend on, and changes nothing. One check that breaks does not keep the others from
 * being made: that it broke is what it found.
 */
export async function examine(
  loaded: LoadedSettings,
  asked: { readonly timeServer: string | null; readonly kafkaPassword: string | undefined },
): Promise<readonly Finding[]> {
  const { settings } = loaded;
  const server = await runningServer(settings);
  const checks: readonly (readonly [
    string,
    () => Finding | readonly Finding[] | Promise<Finding | readonly Finding[]>,
  ])[] = [
    ["settings", () => checkSettings(loaded)],
    ["node", () => checkRuntime(settings)],
    ["ports", () => checkPorts(settings, server)],
    ["disk", () => checkDisk(settings)],
    ["store", () => checkStore(settings)],
    ["tls", () => checkTls(settings)],
    ["kafka", () => checkBrokers(settings, asked.kafkaPassword)],
    ["model", () => checkModel(settings)],
    ["clock", () => checkClock({ server, timeServer: asked.timeServer })],
    ["own telemetry", () => checkSelfTelemetry(settings)],
  ];
  const findings: Finding[] = [];
  for (const [subject, check] of checks) {
    try {
      findings.push(...[await check()].flat());
    } catch (error) {
      findings.push(
        failure(subject, `could not be checked: ${messageOf(error)}`, "report this: a check should not break"),
      );
    }
  }
  return findings;
}
