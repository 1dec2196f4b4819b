import { SettingsError } from "../contracts/errors.ts";
import type { Change, Scenario } from "../contracts/what-if.ts";
import { readYamlMapping } from "./file.ts";
import { flagName, nearestOf } from "./names.ts";
import { SCENARIO_VERBS, type ScenarioVerb } from "./scenario-verbs.ts";

/** A scenario, and how its user wrote each change, so that a refusal can name it. */
export interface WrittenScenario {
  readonly scenario: Scenario;
  readonly origins: readonly { readonly key: string; readonly value: unknown; readonly where: string }[];
  /** What flags say otherwise than the file. */
  readonly overruled: readonly string[];
}

interface Written {
  readonly verb: ScenarioVerb;
  readonly target: string | null;
  readonly change: Change;
  readonly key: string;
  readonly value: unknown;
  readonly where: string;
}

/**
 * Reads a scenario from a YAML file, from flags, or from both; a flag wins over the file where both speak of the same.
 *
 * @param flags by key of the verb, the texts given
 * @throws {SettingsError} naming the flag or key, its value and the rule.
 */
export function readScenario(sources: {
  file?: string;
  flags: Readonly<Record<string, readonly string[]>>;
}): WrittenScenario {
  const fromFile = sources.file === undefined ? [] : changesOfFile(sources.file);
  const fromFlags = SCENARIO_VERBS.flatMap((verb) =>
    (sources.flags[verb.key] ?? []).map((text) => changeOfFlag(verb, text)),
  );
  const byPlace = new Map(fromFile.map((each) => [placeOf(each), each]));
  const overruled: string[] = [];
  const given = new Set<string>();
  for (const each of fromFlags) {
    const place = placeOf(each);
    const inFile = byPlace.get(place);
    if (given.has(place)) {
      throw new SettingsError(each.key, each.value, "must be given once for each target");
    }
    if (inFile !== undefined) {
      overruled.push(
        `${each.key} ${String(each.value)} wins over ${inFile.key}: ${String(inFile.value)}${inFile.where}`,
      );
    }
    given.add(place);
    byPlace.set(place, each);
  }
  const order = (each: Written): number => SCENARIO_VERBS.indexOf(each.verb);
  const all = [...byPlace.values()].sort((a, b) => order(a) - order(b));
  return {
    scenario: { changes: all.map((each) => each.change) },
    origins: all.map(({ key, value, where }) => ({ key, value, where })),
    overruled,
  };
}

function placeOf({ verb, target }: Written): string {
  return JSON.stringify([verb.key, target]);
}

function changeOfFlag(verb: ScenarioVerb, text: string): Written {
  const key = flagName(verb.key);
  const at = text.lastIndexOf("=");
  if (at <= 0 && !verb.isForAll) {
    throw new SettingsError(key, text, `must be of the form ${verb.argument}`);
  }
  const target = at <= 0 ? null : text.slice(0, at).trim();
  return checked({ verb, target, key, value: text, where: "" }, text.slice(at + 1));
}

function changesOfFile(path: string): Written[] {
  const where = ` (in ${path})`;
  const content = readYamlMapping(path, "scenario", true) ?? {};
  return Object.entries(content).flatMap(([key, value]) => {
    const verb = SCENARIO_VERBS.find((each) => each.key === key);
    if (verb === undefined) {
      const keys = SCENARIO_VERBS.map((each) => each.key);
      const nearest = nearestOf(key, keys);
      const hint = nearest === null ? `known are ${keys.join(", ")}` : `did you mean ${nearest}?`;
      throw new SettingsError(key, value, `is no change: ${hint}${where}`);
    }
    if (typeof value === "object" && value !== null && !Array.isArray(value)) {
      return Object.entries(value).map(([target, each]) =>
        checked({ verb, target, key: `${key}.${target}`, value: each, where }, each),
      );
    }
    if (!verb.isForAll) {
      throw new SettingsError(key, value, `must hold lines of the form "${verb.argument.replace("=", ": ")}"${where}`);
    }
    return [checked({ verb, target: null, key, value, where }, value)];
  });
}

function checked(written: Omit<Written, "change">, value: unknown): Written {
  const change = written.verb.read(written.target, value);
  if ("rule" in change) {
    throw new SettingsError(written.key, written.value, `must be ${change.rule}${written.where}`);
  }
  return { ...written, change };
}
