import { readFileSync, writeFileSync } from "node:fs";
import { fileURLToPath } from "node:url";

import { z } from "zod";

import { settingsAsMarkdown } from "./describe.ts";
import { SETTING_KEYS, SETTINGS, type SettingKey } from "./schema.ts";

const at = (path: string): string => fileURLToPath(new URL(`../../${path}`, import.meta.url));

/** What the chart decides itself: the pod's address, ports and volume. */
const CHART_KEYS: ReadonlySet<SettingKey> = new Set([
  "host",
  "apiPort",
  "otlpGrpcPort",
  "otlpHttpPort",
  "dataDirectory",
]);

/** The document that lists every setting. */
export function settingsDocument(): string {
  return `# Settings

Made from \`src/settings/schema.ts\` by \`npm run describe:settings\`; do not edit. \`spantwin settings\` prints the same.

Later places win: default, settings file (\`--config\`, else \`spantwin.yaml\` of the current directory), environment, command
line. A key, value or name that is not known stops the start with exit code 2 and one line that names it. \`spantwin doctor\`
shows every setting that is not at its default, and where it was set.

${settingsAsMarkdown()}
`;
}

/** The schema of the chart's values with those parts that speak of settings made anew. @param valuesSchema as it is */
export function chartSchema(valuesSchema: Record<string, unknown>): Record<string, unknown> {
  const properties = Object.fromEntries(
    SETTING_KEYS.filter((key) => !CHART_KEYS.has(key)).map((key) => [key, jsonSchemaOf(key)]),
  );
  const secret = {
    type: "object",
    additionalProperties: false,
    required: ["name", "key"],
    properties: { name: { type: "string", minLength: 1 }, key: { type: "string", minLength: 1 } },
  };
  return {
    ...valuesSchema,
    properties: {
      ...(valuesSchema["properties"] as Record<string, unknown>),
      settings: { type: "object", additionalProperties: false, properties },
      secretSettings: {
        type: "object",
        propertyNames: { enum: SETTING_KEYS.filter((key) => !CHART_KEYS.has(key)) },
        additionalProperties: secret,
      },
    },
  };
}

function jsonSchemaOf(key: SettingKey): Record<string, unknown> {
  const { schema, description } = SETTINGS[key];
  const { $schema: _, ...rest } = z.toJSONSchema(schema, { io: "input", unrepresentable: "any" });
  return { description, ...rest };
}

const DOCUMENT = "docs/settings.md";
const CHART_SCHEMA = "deploy/helm/spantwin/values.schema.json";

/** The generated files as they should be, by path from the root. */
export function references(): Readonly<Record<string, string>> {
  const schema = chartSchema(JSON.parse(readFileSync(at(CHART_SCHEMA), "utf8")) as Record<string, unknown>);
  return { [DOCUMENT]: settingsDocument(), [CHART_SCHEMA]: `${JSON.stringify(schema, null, 2)}\n` };
}

if (import.meta.main) {
  for (const [path, text] of Object.entries(references())) writeFileSync(at(path), text);
}
