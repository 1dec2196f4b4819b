import type { Settings } from "../../contracts/settings.ts";

/** Names of the topics and consumer groups between workers. One prefix is one application: one twin, one model. */
export function topicsOf({ workerPrefix, kafkaGroup }: Pick<Settings, "workerPrefix" | "kafkaGroup">) {
  return {
    keyed: `${workerPrefix}-spans-by-trace`,
    windows: `${workerPrefix}-windows`,
    rawGroup: kafkaGroup,
    keyedGroup: `${workerPrefix}-assemble`,
    windowGroup: `${workerPrefix}-detect`,
  };
}
