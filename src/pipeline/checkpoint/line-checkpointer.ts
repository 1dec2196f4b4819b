import { createHash } from "node:crypto";
import type { ModelView } from "../../contracts/api.ts";
import type { Settings } from "../../contracts/settings.ts";
import type { CountingLedger } from "../../telemetry/ledger.ts";
import type { NameRegistry } from "../../telemetry/name-registry.ts";
import type { Line } from "../line.ts";
import { Checkpointer, type Stateful } from "./checkpointer.ts";
import { VALUE_CLASSES } from "./value-classes.ts";

/**
 * The checkpointer of a line with all that feeds and watches it. All parts must be fresh when it restores, and `names` must
 * be those of the decoder whose batches the line takes (`OtlpDecoder.names`).
 *
 * @param parts.directory a folder of its own, below the data directory
 * @param parts.version of the product: another one may keep its state in another way
 * @param parts.watchers what else remembers from batch to batch, by name: the keeper, the live view
 * @throws {SettingsError} when the folder cannot be had
 */
export function lineCheckpointer(parts: {
  readonly directory: string;
  readonly version: string;
  readonly settings: Settings;
  readonly model: ModelView;
  readonly line: Line;
  readonly names: NameRegistry;
  readonly ledger: CountingLedger;
  readonly watchers: Readonly<Record<string, Stateful>>;
  readonly onNotice: (text: string) => void;
}): Checkpointer {
  const { names, ledger, line, watchers } = parts;
  return new Checkpointer({
    directory: parts.directory,
    identity: identityOf(parts),
    state: { names, ledger, line, ...watchers },
    anchors: { strings: names.strings, topology: line.observer.topology },
    classes: VALUE_CLASSES,
    onNotice: parts.onNotice,
  });
}

/** What the state cannot be separated from. Thresholds and limits may change: they hold from then on. */
function identityOf({
  version,
  settings,
  model,
}: {
  readonly version: string;
  readonly settings: Settings;
  readonly model: ModelView;
}): Record<string, string> {
  const { seed, windowSeconds, samplingProbability } = settings;
  const card = createHash("sha256").update(model.card).digest("hex");
  return {
    version,
    seed: String(seed),
    windowSeconds: String(windowSeconds),
    samplingProbability: String(samplingProbability),
    model: `${model.name} ${card}`,
  };
}
