import { readFileSync, statSync } from "node:fs";
import { SettingsError } from "../src/contracts/errors.ts";
import type { LabelledFault, LabelledLoad, Labels } from "../src/contracts/labels.ts";

/** Larger files are refused: labels are written by people and injectors, not by machines at line rate. */
const MAX_LABEL_BYTES = 16 * 1024 * 1024;

/** Later than year 5000 in seconds, so certainly milliseconds, microseconds or nanoseconds. */
const LATEST_PLAUSIBLE_SECONDS = 1e11;

/** Service of a code defect whose place is not known; a performance fault always has one. */
export const UNKNOWN_SERVICE = "";

const FAULT_KEYS = new Set(["start", "end", "service", "fault", "performance", "detail"]);

/**
 * Reads the labels of a recording, in either form: the testbed's `labels.json`, or the published form, which has
 * `dataset`, `notes` and, on each fault, `pod` and `source` too. Keys of a fault beyond the contract go into `detail`.
 *
 * @throws {SettingsError} in one line, naming file and key, when the file cannot be read or breaks the format.
 */
export function readLabels(path: string): Labels {
  let text: string;
  try {
    const byteCount = statSync(path).size;
    if (byteCount > MAX_LABEL_BYTES)
      throw new SettingsError(path, byteCount, `bytes: at most ${MAX_LABEL_BYTES} are read`);
    text = readFileSync(path, "utf8");
  } catch (error) {
    if (error instanceof SettingsError) throw error;
    throw new SettingsError("labels", path, `cannot be read: ${codeOf(error)}`);
  }
  return parseLabels(text, path);
}

/** The same from text; `origin` names the text in errors. */
export function parseLabels(text: string, origin: string): Labels {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    throw new SettingsError("labels", origin, "is not JSON");
  }
  const at = (key: string) => `${origin} ${key}`;
  if (!isRecord(value)) throw new SettingsError("labels", origin, "must hold a JSON object");
  if (value["unit"] !== "unix seconds, UTC") throw bad(at("unit"), value["unit"], 'must be "unix seconds, UTC"');
  const { loads, application } = value;
  return {
    unit: "unix seconds, UTC",
    ...(application === undefined ? {} : { application: nonEmpty(application, at("application")) }),
    settleSeconds: nonNegative(value["settleSeconds"], at("settleSeconds")),
    covered: list(value["covered"], at("covered")).map((row, i) => intervalOf(row, at(`covered[${i}]`))),
    faults: list(value["faults"], at("faults")).map((row, i) => faultOf(row, at(`faults[${i}]`))),
    ...(loads === undefined ? {} : { loads: list(loads, at("loads")).map((row, i) => loadOf(row, at(`loads[${i}]`))) }),
  };
}

function faultOf(row: unknown, key: string): LabelledFault {
  if (!isRecord(row)) throw bad(key, row, "must be an object");
  const [start, end] = startAndEnd(row, key);
  const performance = row["performance"];
  if (typeof performance !== "boolean") throw bad(`${key}.performance`, performance, "must be true or false");
  const detail = detailOf(row, key);
  return {
    start,
    end,
    service: serviceOf(row["service"], performance, `${key}.service`),
    fault: nonEmpty(row["fault"], `${key}.fault`),
    performance,
    ...(detail === null ? {} : { detail }),
  };
}

function serviceOf(value: unknown, performance: boolean, key: string): string {
  // Where a defect sits is not always known, and no table of places needs it.
  if (!performance && (value === null || value === undefined)) return UNKNOWN_SERVICE;
  return nonEmpty(value, key);
}

function detailOf(row: Readonly<Record<string, unknown>>, key: string): Readonly<Record<string, unknown>> | null {
  const given = row["detail"];
  if (given !== undefined && !isRecord(given)) throw bad(`${key}.detail`, given, "must be an object");
  const others = Object.entries(row).filter(([name]) => !FAULT_KEYS.has(name));
  if (given === undefined && others.length === 0) return null;
  return { ...Object.fromEntries(others), ...given };
}

function loadOf(row: unknown, key: string): LabelledLoad {
  if (!isRecord(row)) throw bad(key, row, "must be an object");
  const [start, end] = startAndEnd(row, key);
  const factor = row["factor"];
  if (typeof factor !== "number" || !(factor > 0)) throw bad(`${key}.factor`, factor, "must be a number above 0");
  const { bottleneckUtilization, saturates, bottleneck } = row;
  if (saturates !== undefined && typeof saturates !== "boolean")
    throw bad(`${key}.saturates`, saturates, "must be true or false");
  if (bottleneckUtilization !== undefined && !(typeof bottleneckUtilization === "number" && bottleneckUtilization >= 0))
    throw bad(`${key}.bottleneckUtilization`, bottleneckUtilization, "must be a number, at least 0");
  return {
    start,
    end,
    shape: nonEmpty(row["shape"], `${key}.shape`),
    factor,
    ...(bottleneckUtilization === undefined ? {} : { bottleneckUtilization }),
    ...(saturates === undefined ? {} : { saturates }),
    ...(bottleneck === undefined ? {} : { bottleneck: nonEmpty(bottleneck, `${key}.bottleneck`) }),
  };
}

function startAndEnd(row: Readonly<Record<string, unknown>>, key: string): readonly [number, number] {
  const start = unixSeconds(row["start"], `${key}.start`);
  const end = unixSeconds(row["end"], `${key}.end`);
  if (!(end >= start)) throw bad(`${key}.end`, end, `must not be before its start, ${start}`);
  return [start, end];
}

function intervalOf(row: unknown, key: string): readonly [number, number] {
  if (!Array.isArray(row) || row.length !== 2) throw bad(key, row, "must be a pair [from, to]");
  const from = unixSeconds(row[0], `${key}[0]`);
  const to = unixSeconds(row[1], `${key}[1]`);
  if (!(to >= from)) throw bad(`${key}[1]`, to, `must not be before its start, ${from}`);
  return [from, to];
}

function unixSeconds(value: unknown, key: string): number {
  const seconds = nonNegative(value, key);
  if (seconds > LATEST_PLAUSIBLE_SECONDS) throw bad(key, value, "must be in seconds, not in a smaller unit");
  return seconds;
}

function nonNegative(value: unknown, key: string): number {
  if (typeof value !== "number" || !(value >= 0)) throw bad(key, value, "must be a number of seconds, at least 0");
  return value;
}

function nonEmpty(value: unknown, key: string): string {
  if (typeof value !== "string" || value === "") throw bad(key, value, "must be a text that is not empty");
  return value;
}

function list(value: unknown, key: string): readonly unknown[] {
  if (!Array.isArray(value)) throw bad(key, value, "must be a list");
  return value;
}

function isRecord(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

/** Keeps the message to one line, whatever stood in the file. */
function bad(key: string, value: unknown, rule: string): SettingsError {
  if (value === undefined) return new SettingsError(key, null, `is missing: ${rule}`);
  const isLong = typeof value === "object" ? value !== null : String(value).length > 80;
  return new SettingsError(key, isLong ? `${JSON.stringify(value).slice(0, 60)}…` : value, rule);
}

function codeOf(error: unknown): string {
  if (error instanceof Error && "code" in error && typeof error.code === "string") return error.code;
  return "unknown error";
}
