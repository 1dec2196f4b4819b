import { builtinModules } from "node:module";
import { posix } from "node:path";
import { type Import, importsOf } from "./imports.ts";
import { exceptions, mayImport, onlyDoor, orderOfContracts, type RoomRule } from "./rooms.ts";
import type { SourceFile } from "./sources.ts";

/** The room a path belongs to; tests and benchmarks belong to none and may look everywhere. */
export function roomOf(path: string): string | undefined {
  const [top = "", second = "", third] = path.split("/");
  if (top === "src") return third === undefined ? "setup" : second;
  return top === "test" || top === "bench" ? undefined : top;
}

/** Where a relative import leads, as a path from the root. */
export const targetOf = (path: string, specifier: string): string => posix.join(posix.dirname(path), specifier);

const isNodeModule = (specifier: string): boolean =>
  specifier.startsWith("node:") || builtinModules.includes(specifier.split("/")[0] ?? "");

const matches = (specifier: string, name: string): boolean =>
  name.endsWith("*") ? specifier.startsWith(name.slice(0, -1)) : specifier === name || specifier.startsWith(`${name}/`);

function packageFault(path: string, { specifier = "", isType }: Import, rule: RoomRule): string | undefined {
  if (isNodeModule(specifier)) return rule.isNodeAllowed ? undefined : `may not use ${specifier}: ${rule.reason}`;
  if (!rule.packages.some((name) => matches(specifier, name)))
    return `may not use the package ${specifier}: ${rule.reason}`;
  const door = Object.entries(onlyDoor).find(([prefix]) => specifier.startsWith(prefix))?.[1];
  // A type is gone before anything runs: it loads nothing.
  if (door === undefined || door === path || isType) return undefined;
  return `may not load ${specifier}: only ${door} does, so that the rest can do without it`;
}

function contractFault(path: string, target: string): string | undefined {
  const place = (file: string): number => orderOfContracts.indexOf(posix.basename(file, ".ts"));
  if (place(path) < 0)
    return `is not in orderOfContracts (test/house/rooms.ts): say where in the flow of data it stands`;
  return place(target) < place(path) ? undefined : `may not import ${target}: in the flow of data it comes later`;
}

function neighbourFault(path: string, found: Import, rule: RoomRule): string | undefined {
  const target = targetOf(path, found.specifier ?? "");
  const own = roomOf(path);
  const other = roomOf(target);
  if (target.endsWith(".json") && !target.includes("/")) return undefined;
  if (other === undefined)
    return `may not import ${target}: tests and benchmarks use the code, not the other way round`;
  if (own === "contracts" && other === "contracts") return contractFault(path, target);
  if (own === other) return undefined;
  if (!rule.rooms.includes(other)) return `may not import ${target}: ${rule.reason}`;
  if (own === "ui" && !found.isType) return `may import only types from ${target}: the page must not carry server code`;
  return undefined;
}

/** Breaches of the import table in one module, one line each. */
export function faultsOf({ path, text }: SourceFile): readonly string[] {
  const room = roomOf(path);
  if (room === undefined) return [];
  const rule = exceptions[path] ?? mayImport[room];
  if (rule === undefined) return [`${path}: the room "${room}" is not in the import table (test/house/rooms.ts)`];
  return importsOf(text).flatMap((found) => {
    if (found.specifier === undefined) return [];
    const fault = found.specifier.startsWith(".") ? neighbourFault(path, found, rule) : packageFault(path, found, rule);
    return fault === undefined ? [] : [`${path}:${found.line} ${fault}`];
  });
}

/** All modules that loading `entry` may load, types left out. */
export function reachableFrom(entry: string, modules: ReadonlyMap<string, string>): ReadonlySet<string> {
  const seen = new Set<string>();
  const open = [entry];
  for (let path = open.pop(); path !== undefined; path = open.pop()) {
    const text = modules.get(path);
    if (text === undefined || seen.has(path)) continue;
    seen.add(path);
    for (const { specifier, isType } of importsOf(text)) {
      if (!isType && specifier?.startsWith(".")) open.push(targetOf(path, specifier));
    }
  }
  return seen;
}
