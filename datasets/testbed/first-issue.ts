import type { z } from "zod";
import { SettingsError } from "../../src/contracts/errors.ts";

/** @throws {SettingsError} always: the first thing wrong with `raw`, by key, value and rule. `root` names the whole. */
export function refuseByFirstIssue(root: string, raw: unknown, error: z.ZodError): never {
  const issue = error.issues[0]!;
  const isUnknownKey = issue.code === "unrecognized_keys";
  const path = isUnknownKey ? [...issue.path, issue.keys[0]!] : issue.path;
  const key = path.map((part) => (typeof part === "number" ? `[${part}]` : `.${String(part)}`)).join("");
  throw new SettingsError(
    key === "" ? root : key.replace(/^\./, ""),
    valueAt(raw, path),
    isUnknownKey ? "is no key here" : issue.message.split("\n")[0]!,
  );
}

/** The value there, short enough for one line; null when there is none. */
function valueAt(raw: unknown, path: readonly PropertyKey[]): unknown {
  let value = raw;
  for (const part of path) value = (value as Record<PropertyKey, unknown> | null | undefined)?.[part];
  if (typeof value === "object" && value !== null) return `${JSON.stringify(value).slice(0, 60)}…`;
  return value ?? null;
}
