import { SETTING_KEYS, type SettingKey } from "./schema.ts";

const ENVIRONMENT_PREFIX = "SPANTWIN_";

/** Variables of the same prefix that are no settings: whether errors of our own are shown with their stack, a password. */
const OTHER_VARIABLES: ReadonlySet<string> = new Set(["SPANTWIN_TRACE", "SPANTWIN_KAFKA_PASSWORD"]);

/** `apiPort` → `SPANTWIN_API_PORT`. */
export function environmentName(key: SettingKey): string {
  return ENVIRONMENT_PREFIX + key.replace(/[A-Z]/g, (letter) => `_${letter}`).toUpperCase();
}

/** `apiPort` → `--api-port`. */
export function flagName(key: string): string {
  return `--${key.replace(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`)}`;
}

/**
 * True for a variable that is meant to be a setting, known or not.
 *
 * Kubernetes gives every container variables for each Service of its namespace, so a Service called `spantwin` or
 * `spantwin-api` sets SPANTWIN_SERVICE_HOST and even SPANTWIN_API_PORT=tcp://10.0.0.1:7171. Those are not ours.
 */
export function isSettingVariable(name: string, value: string): boolean {
  if (!name.startsWith(ENVIRONMENT_PREFIX) || OTHER_VARIABLES.has(name)) return false;
  const isServiceLink =
    /_SERVICE_(HOST|PORT(_.*)?)$/.test(name) ||
    /_PORT_\d+_(TCP|UDP|SCTP)(_|$)/.test(name) ||
    /^(tcp|udp|sctp):/.test(value);
  return !isServiceLink;
}

/** The known name that is fewest edits away, or null when none is near enough to be meant. */
export function nearestName(wrong: string, spell: (key: SettingKey) => string): string | null {
  return nearestOf(wrong, SETTING_KEYS.map(spell));
}

/** The same among any names. */
export function nearestOf(wrong: string, known: readonly string[]): string | null {
  let nearest: string | null = null;
  let fewest = Math.max(2, Math.floor(wrong.length / 3)) + 1;
  for (const name of known) {
    const edits = editDistance(wrong.toLowerCase(), name.toLowerCase());
    if (edits < fewest) {
      fewest = edits;
      nearest = name;
    }
  }
  return nearest;
}

/** Fewest insertions, deletions and replacements that turn `from` into `to`. Source: Wagner and Fischer, J. ACM 21 (1974). */
function editDistance(from: string, to: string): number {
  let above = Array.from({ length: to.length + 1 }, (_, column) => column);
  for (let row = 1; row <= from.length; row++) {
    const current = [row];
    for (let column = 1; column <= to.length; column++) {
      const replaced = above[column - 1]! + (from[row - 1] === to[column - 1] ? 0 : 1);
      current.push(Math.min(replaced, above[column]! + 1, current[column - 1]! + 1));
    }
    above = current;
  }
  return above[to.length]!;
}
