import { SettingsError } from "../../contracts/errors.ts";
import type { PostgresAddress, Settings } from "../../contracts/settings.ts";
import { inspectPostgres } from "../../store/inspect-postgres.ts";
import { inspectStore } from "../../store/inspect-store.ts";
import { bytesText, type Finding, failure, fine, messageOf, warning } from "./finding.ts";

/** Whether the store can be read, is whole, and which version of its tables it has. */
export async function checkStore({
  storeUrl,
  dataDirectory,
}: Pick<Settings, "storeUrl" | "dataDirectory">): Promise<Finding> {
  if (storeUrl !== null) return checkPostgres(storeUrl);
  if (dataDirectory === ":memory:") return fine("store", "in memory");
  try {
    const state = inspectStore(dataDirectory);
    if (state === null) return fine("store", "none yet: it is created at the first start");
    const what = `${state.path}, ${bytesText(state.bytes)}, schema ${state.schemaVersion}`;
    if (state.damage === null) return versionFinding(what, state, "dataDirectory to another directory");
    const advice = "stop spantwin and restore the file from a backup, or move it away";
    return failure("store", `${what} is damaged: ${state.damage}`, advice);
  } catch (error) {
    const advice =
      error instanceof SettingsError
        ? "set dataDirectory to a directory of spantwin's own"
        : "restore it from a backup, or move the file away to begin with an empty store";
    return failure("store", messageOf(error), advice);
  }
}

async function checkPostgres(address: PostgresAddress): Promise<Finding> {
  const place = `${address.host}:${address.port}/${address.database}`;
  try {
    const { schemaVersion, knownVersion, serverVersion, bytes } = await inspectPostgres(address);
    const what = `PostgreSQL ${serverVersion} at ${place}, ${bytesText(bytes)}`;
    if (schemaVersion === null) return fine("store", `${what}; the tables are made at the first start`);
    return versionFinding(
      `${what}, schema ${schemaVersion}`,
      { schemaVersion, knownVersion },
      "storeUrl to another database",
    );
  } catch (error) {
    const advice = "see whether a server listens there, and its user, password (PGPASSWORD) and pg_hba.conf";
    return failure("store", `${place}: ${messageOf(error)}`, advice);
  }
}

function versionFinding(
  what: string,
  { schemaVersion, knownVersion }: { readonly schemaVersion: number; readonly knownVersion: number },
  elsewhere: string,
): Finding {
  if (schemaVersion > knownVersion) {
    const found = `${what} was written by a newer version (this one knows ${knownVersion})`;
    return failure("store", found, `run that version, or set ${elsewhere}`);
  }
  if (schemaVersion < knownVersion) {
    const advice = "back it up first if you may want to go back to the older version";
    return warning("store", `${what} will be brought to schema ${knownVersion} at the next start`, advice);
  }
  return fine("store", what);
}
