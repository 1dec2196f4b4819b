import { readFileSync } from "node:fs";
import { parse } from "yaml";
import { SettingsError } from "../../src/contracts/errors.ts";
import { refuseByFirstIssue } from "./first-issue.ts";
import { SHOP } from "./shop.ts";
import type { ShopDeclaration } from "./shop-schema.ts";
import { refuseContradictions } from "./topology-rules.ts";
import { TOPOLOGY_SCHEMA } from "./topology-schema.ts";

/**
 * Reads an application from a topology file; without a file it is the built-in shop.
 *
 * @throws {SettingsError} naming the key, the value and the rule.
 */
export function readTopology(file: string | undefined): ShopDeclaration {
  if (file === undefined) return SHOP;
  let text: string;
  try {
    text = readFileSync(file, "utf8");
  } catch (error) {
    throw new SettingsError("--topology", file, `cannot be read: ${(error as NodeJS.ErrnoException).code}`);
  }
  return parseTopology(text);
}

/** The same from text. @throws {SettingsError} naming the key, the value and the rule. */
export function parseTopology(text: string): ShopDeclaration {
  let raw: unknown;
  try {
    raw = parse(text);
  } catch (error) {
    throw new SettingsError("topology", text.slice(0, 40), `is not YAML: ${(error as Error).message.split("\n")[0]}`);
  }
  const result = TOPOLOGY_SCHEMA.safeParse(raw);
  if (!result.success) refuseByFirstIssue("topology", raw, result.error);
  refuseContradictions(result.data);
  return result.data;
}
