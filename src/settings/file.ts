import { readFileSync, statSync } from "node:fs";

import { parseDocument } from "yaml";

import { SettingsError } from "../contracts/errors.ts";

/** A settings file is a page of text; something larger was named by mistake. */
const MAX_FILE_BYTES = 1024 * 1024;

/** The file read when none is named. */
export const DEFAULT_SETTINGS_FILE = "spantwin.yaml";

/** The top level of a YAML settings file: `readYamlMapping` with `config` for the key. */
export function readSettingsFile(path: string, isRequired: boolean): Readonly<Record<string, unknown>> | null {
  return readYamlMapping(path, "config", isRequired);
}

/**
 * The top level of a YAML file, by key; empty for an empty file. Null when it is absent and need not be there.
 *
 * @param key what the user calls the file, for refusals
 * @throws {SettingsError} naming `key` when it cannot be read or is not a YAML mapping.
 */
export function readYamlMapping(
  path: string,
  key: string,
  isRequired: boolean,
): Readonly<Record<string, unknown>> | null {
  const refusal = (at: string, rule: string, cause?: unknown): SettingsError => refused(key, at, rule, cause);
  const text = readText(path, isRequired, refusal);
  if (text === null) return null;
  const document = parseDocument(text, { prettyErrors: true });
  const problem = document.errors[0] ?? document.warnings[0];
  if (problem !== undefined) throw refusal(path, `is not valid YAML: ${firstLine(problem.message)}`);
  const content = toPlain(document, path, refusal);
  if (content === null) return {};
  if (typeof content !== "object" || Array.isArray(content)) {
    throw refusal(path, 'must hold lines of the form "key: value"');
  }
  return content as Record<string, unknown>;
}

function readText(path: string, isRequired: boolean, refusal: Refusal): string | null {
  try {
    if (statSync(path).size > MAX_FILE_BYTES) throw refusal(path, `is larger than ${MAX_FILE_BYTES} bytes`);
    return readFileSync(path, "utf8");
  } catch (error) {
    if (error instanceof SettingsError) throw error;
    const { code, message } = error as NodeJS.ErrnoException;
    if (code === "ENOENT" && !isRequired) return null;
    throw refusal(path, code === "ENOENT" ? "does not exist" : `cannot be read: ${message}`, error);
  }
}

function toPlain(document: ReturnType<typeof parseDocument>, path: string, refusal: Refusal): unknown {
  try {
    return document.toJS();
  } catch (error) {
    // Thrown for an alias without an anchor, and for aliases that would unfold without end.
    throw refusal(path, `is not valid YAML: ${firstLine((error as Error).message)}`, error);
  }
}

type Refusal = (path: string, rule: string, cause?: unknown) => SettingsError;

function refused(key: string, path: string, rule: string, cause: unknown): SettingsError {
  const error = new SettingsError(key, path, rule);
  if (cause !== undefined) error.cause = cause;
  return error;
}

function firstLine(text: string): string {
  return (text.split("\n")[0] ?? text).replace(/:$/, "");
}
