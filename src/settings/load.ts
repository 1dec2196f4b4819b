import { join } from "node:path";

import { SettingsError } from "../contracts/errors.ts";
import type { Settings } from "../contracts/settings.ts";
import { DEFAULT_SETTINGS_FILE, readSettingsFile } from "./file.ts";
import { environmentName, flagName, isSettingVariable, nearestName } from "./names.ts";
import { SETTING_KEYS, SETTINGS, type SettingKey } from "./schema.ts";

/** Where settings come from. Later ones win: defaults, file, environment, flags. */
export interface SettingSources {
  /** YAML file that has to exist; without it `spantwin.yaml` of `directory` is read when it is there. */
  readonly file?: string;
  /** Default: the current directory. */
  readonly directory?: string;
  readonly env: Readonly<Record<string, string | undefined>>;
  /** By key (`apiPort`), as text or as already read; undefined means not given. */
  readonly flags: Readonly<Record<string, unknown>>;
}

/** Where the value of a setting was written, and under which name. */
export interface SettingOrigin {
  readonly name: string;
  /** "the environment", "the command line", or the path of the file. */
  readonly place: string;
}

/** Settings, and the origin of each that is not at its default. */
export interface LoadedSettings {
  readonly settings: Settings;
  readonly origins: ReadonlyMap<SettingKey, SettingOrigin>;
}

/** One place of settings, and how its user spells keys there. */
interface Layer {
  readonly place: string;
  /** Said after the rule, so that the user finds the place. */
  readonly where: string;
  readonly spell: (key: SettingKey) => string;
  readonly given: readonly { readonly name: string; readonly value: unknown }[];
  /** True where everything is text, so that "7171" is a number. */
  readonly isText: boolean;
}

/**
 * The settings in force.
 *
 * @throws {SettingsError} for an unknown key, a wrong type or a value out of its limits, named as the user wrote it.
 */
export function loadSettings(sources: SettingSources): Settings {
  return loadSettingsWithOrigins(sources).settings;
}

/** The same, with where each value came from. @throws {SettingsError} as `loadSettings` does. */
export function loadSettingsWithOrigins(sources: SettingSources): LoadedSettings {
  const settings: Record<string, unknown> = {};
  const origins = new Map<SettingKey, SettingOrigin>();
  for (const key of SETTING_KEYS) settings[key] = SETTINGS[key].defaultValue;
  for (const layer of layersOf(sources)) {
    for (const { name, value } of layer.given) {
      const key = keyOf(name, value, layer);
      settings[key] = checked(key, name, value, layer);
      origins.set(key, { name, place: layer.place });
    }
  }
  const complete = settings as unknown as Settings;
  refuseSharedPorts(complete, origins);
  return { settings: complete, origins };
}

function layersOf(sources: SettingSources): readonly Layer[] {
  const path = sources.file ?? join(sources.directory ?? ".", DEFAULT_SETTINGS_FILE);
  const file = readSettingsFile(path, sources.file !== undefined) ?? {};
  const variables = Object.entries(sources.env).filter(([name, value]) => isSettingVariable(name, value ?? ""));
  const flags = Object.entries(sources.flags).map(([name, value]) => [flagName(name), value] as const);
  return [
    { place: path, where: ` (in ${path})`, spell: (key) => key, given: asGiven(Object.entries(file)), isText: false },
    { place: "the environment", where: "", spell: environmentName, given: asGiven(variables), isText: true },
    { place: "the command line", where: "", spell: flagName, given: asGiven(flags), isText: true },
  ];
}

function asGiven(entries: readonly (readonly [string, unknown])[]): Layer["given"] {
  return entries.filter(([, value]) => value !== undefined).map(([name, value]) => ({ name, value }));
}

function keyOf(name: string, value: unknown, layer: Layer): SettingKey {
  const key = SETTING_KEYS.find((candidate) => layer.spell(candidate) === name);
  if (key !== undefined) return key;
  const nearest = nearestName(name, layer.spell);
  const hint = nearest === null ? "run with --help to see all settings" : `did you mean ${nearest}?`;
  throw new SettingsError(name, value, `is not a setting: ${hint}${layer.where}`);
}

function checked(key: SettingKey, name: string, value: unknown, layer: Layer): unknown {
  const { reads, rule, schema, shown } = SETTINGS[key];
  const read = reads === "list" ? listOf(value) : layer.isText && reads === "number" ? asNumber(value) : value;
  const result = schema.safeParse(read);
  if (result.success) return result.data;
  // Of a list, the one that is wrong.
  const at = result.error.issues[0]?.path[0];
  const wrong = Array.isArray(read) && typeof at === "number" ? read[at] : value;
  const told = shown === undefined ? wrong : shown(String(wrong));
  throw new SettingsError(name, told, `must be ${rule}${layer.where}`);
}

/** A list as it is written in a variable or a line of the file: parted by commas. */
function listOf(value: unknown): unknown {
  if (typeof value !== "string") return value;
  return value.split(",").filter((part) => part.trim() !== "");
}

function asNumber(value: unknown): unknown {
  return typeof value === "string" ? numberOf(value) : value;
}

/** Only plain decimal numbers: `Number` alone would take "", "0x10" and "Infinity" too. */
function numberOf(text: string): number {
  return /^[+-]?\d+(\.\d+)?$/.test(text.trim()) ? Number(text) : Number.NaN;
}

/** Two listeners on one port: the second would fail with a message about a program that is ourselves. */
function refuseSharedPorts(settings: Settings, origins: LoadedSettings["origins"]): void {
  const taken = new Map<number, SettingKey>();
  for (const key of ["apiPort", "otlpGrpcPort", "otlpHttpPort"] as const) {
    const port = settings[key];
    const other = taken.get(port);
    if (other !== undefined) {
      const [changed, kept] = origins.has(key) ? [key, other] : [other, key];
      const nameOf = (each: SettingKey): string => origins.get(each)?.name ?? each;
      throw new SettingsError(nameOf(changed), port, `must differ from ${nameOf(kept)}`);
    }
    if (port !== 0) taken.set(port, key);
  }
}
