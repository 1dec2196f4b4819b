import { environmentName, flagName } from "./names.ts";
import { SETTING_KEYS, SETTINGS, type SettingKey } from "./schema.ts";

/** One setting as people read it. */
export interface SettingDescription {
  readonly key: SettingKey;
  readonly flag: string;
  readonly environment: string;
  /** With its unit. */
  readonly defaultText: string;
  readonly rule: string;
  readonly description: string;
  /** True when the flag may be given several times. */
  readonly isRepeatable: boolean;
}

/** All settings in the order of the schema: for `--help`, the documentation and the flags of the commands. */
export function describeSettings(): readonly SettingDescription[] {
  return SETTING_KEYS.map((key) => {
    const { defaultValue, unit, rule, description, reads } = SETTINGS[key];
    const isNothing = defaultValue === null || defaultValue === "" || Array.isArray(defaultValue);
    const defaultText = isNothing ? "none" : String(defaultValue);
    const isNamedUnit = unit !== "" && unit !== "port";
    return {
      key,
      flag: flagName(key),
      environment: environmentName(key),
      defaultText: isNamedUnit ? `${defaultText} ${unit}` : defaultText,
      rule,
      description,
      isRepeatable: reads === "list",
    };
  });
}

/** The settings as plain text, two lines each. */
export function settingsAsText(): string {
  const rows = describeSettings();
  const width = Math.max(...rows.map((row) => row.flag.length));
  const line = (row: SettingDescription) =>
    `  ${row.flag.padEnd(width)}  ${row.description}\n  ${"".padEnd(width)}  ${row.environment}, default ${row.defaultText}, ${row.rule}`;
  return rows.map(line).join("\n");
}

/** The settings as a Markdown table, for the documentation. */
export function settingsAsMarkdown(): string {
  const rows = describeSettings().map(
    (row) =>
      `| \`${row.key}\` | \`${row.flag}\` | \`${row.environment}\` | ${row.defaultText} | ${row.rule} | ${row.description} |`,
  );
  return ["| key | flag | environment | default | limits | meaning |", "|---|---|---|---|---|---|", ...rows].join("\n");
}
