import type { Order, Route } from "../shop-schema.ts";

export interface CompiledRoute {
  readonly route: Route;
  readonly method: string;
  /** Path template, as `http.route` shows it. */
  readonly template: string;
  readonly pattern: RegExp;
}

/** Splits `GET /items/{item}` into method, template and a pattern with named groups. */
export function compileRoute(route: Route): CompiledRoute {
  const [method, template] = splitRoute(route.route);
  const pattern = new RegExp(`^${template.replace(/\{(\w+)\}/g, "(?<$1>\\d{1,9})")}$`);
  return { route, method, template, pattern };
}

export function splitRoute(route: string): readonly [method: string, template: string] {
  const space = route.indexOf(" ");
  return [route.slice(0, space), route.slice(space + 1)];
}

/** The concrete request for a route: ids into the path, the rest into the query or the body. */
export function requestFor(
  route: string,
  order: Order,
): { readonly method: string; readonly path: string; readonly body: string | null } {
  const [method, template] = splitRoute(route);
  const path = template.replace("{item}", String(order.item)).replace("{user}", String(order.user));
  if (method === "POST") return { method, path, body: JSON.stringify(order) };
  const rest: string[] = [];
  if (!template.includes("{item}")) rest.push(`item=${order.item}`);
  if (!template.includes("{user}")) rest.push(`user=${order.user}`);
  return { method, path: rest.length === 0 ? path : `${path}?${rest.join("&")}`, body: null };
}

/** Finds the route of a request; null when there is none. */
export function matchRoute(
  routes: readonly CompiledRoute[],
  method: string,
  url: string,
): {
  readonly compiled: CompiledRoute;
  readonly groups: Readonly<Record<string, string>>;
  readonly query: string;
} | null {
  const mark = url.indexOf("?");
  const path = mark < 0 ? url : url.slice(0, mark);
  for (const compiled of routes) {
    if (compiled.method !== method) continue;
    const match = compiled.pattern.exec(path);
    if (match !== null) return { compiled, groups: match.groups ?? {}, query: mark < 0 ? "" : url.slice(mark + 1) };
  }
  return null;
}

/** Reads the order back from path, query and body. Numbers that make no sense become 0. */
export function orderFrom(groups: Readonly<Record<string, string>>, query: string, body: string): Order {
  const fields: Record<string, unknown> = { item: 0, user: 0, lines: [] };
  if (body !== "") Object.assign(fields, JSON.parse(body));
  if (query !== "") for (const [key, value] of new URLSearchParams(query)) fields[key] = value;
  Object.assign(fields, groups);
  const lines = Array.isArray(fields["lines"]) ? fields["lines"].slice(0, 100).map(wholeNumber) : [];
  return { item: wholeNumber(fields["item"]), user: wholeNumber(fields["user"]), lines };
}

function wholeNumber(value: unknown): number {
  const number = Math.trunc(Number(value));
  return Number.isSafeInteger(number) && number >= 0 ? number : 0;
}
