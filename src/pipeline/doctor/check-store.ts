import { SettingsError } from "../../contracts/errors.ts";
import type { Settings } from "../../contracts/settings.ts";
import { inspectStore, type StoreState } from "../../store/inspect-store.ts";
import { bytesText, type Finding, failure, fine, messageOf, warning } from "./finding.ts";

/** Whether the store can be read, is whole, and which version of its tables it has. */
export function checkStore({ dataDirectory }: Pick<Settings, "dataDirectory">): Finding {
  if (dataDirectory === ":memory:") return fine("store", "in memory");
  try {
    const state = inspectStore(dataDirectory);
    return state === null ? fine("store", "none yet: it is created at the first start") : findingOf(state);
  } catch (error) {
    const advice =
      error instanceof SettingsError
        ? "set dataDirectory to a directory of spantwin's own"
        : "restore it from a backup, or move the file away to begin with an empty store";
    return failure("store", messageOf(error), advice);
  }
}

function findingOf({ path, bytes, schemaVersion, knownVersion, damage }: StoreState): Finding {
  const what = `${path}, ${bytesText(bytes)}, schema ${schemaVersion}`;
  if (damage !== null) {
    return failure(
      "store",
      `${what} is damaged: ${damage}`,
      "stop spantwin and restore the file from a backup, or move it away",
    );
  }
  if (schemaVersion > knownVersion) {
    const advice = "run that version, or set dataDirectory to another directory";
    return failure("store", `${what} was written by a newer version (this one knows ${knownVersion})`, advice);
  }
  if (schemaVersion < knownVersion) {
    const advice = "back it up first if you may want to go back to the older version";
    return warning("store", `${what} will be brought to schema ${knownVersion} at the next start`, advice);
  }
  return fine("store", what);
}
