/** Everything that can be bookmarked. The whole view is in the address; nothing that matters is only in memory. */
export type Route =
  | {
      readonly page: "home";
      readonly state: StateFilter;
      readonly verdict: VerdictFilter;
      readonly node: string | null;
    }
  | {
      readonly page: "incident";
      readonly id: string /** `node`, or the index of an impact. */;
      readonly series: string;
    }
  | { readonly page: "service"; readonly node: string; readonly range: ServiceRange }
  | { readonly page: "trace"; readonly traceId: string }
  | { readonly page: "model" }
  | { readonly page: "quality" }
  | { readonly page: "unknown"; readonly path: string };

export type StateFilter = "all" | "open" | "resolved";
export type VerdictFilter = "all" | "fault" | "traffic";
export type ServiceRange = "5m" | "15m" | "1h" | "3h" | "12h";

export const stateFilters: readonly StateFilter[] = ["all", "open", "resolved"];
export const verdictFilters: readonly VerdictFilter[] = ["all", "fault", "traffic"];
export const serviceRanges: Readonly<Record<ServiceRange, number>> = {
  "5m": 300,
  "15m": 900,
  "1h": 3600,
  "3h": 10_800,
  "12h": 43_200,
};

export const homeRoute: Extract<Route, { page: "home" }> = { page: "home", state: "all", verdict: "all", node: null };

const among = <T extends string>(value: string | null, allowed: readonly T[], otherwise: T): T =>
  allowed.find((one) => one === value) ?? otherwise;

/** Reads an address such as `#/incidents/i-1?series=0`. Unknown paths become the `unknown` page, unknown filters their default. */
export function parseRoute(hash: string): Route {
  const [path = "", search = ""] = splitOnce(hash.replace(/^#\/?/, ""), "?");
  const query = new URLSearchParams(search);
  const [head = "", rest = ""] = splitOnce(path, "/");
  const name = decode(rest);
  if (path === "") {
    return {
      page: "home",
      state: among(query.get("state"), stateFilters, "all"),
      verdict: among(query.get("verdict"), verdictFilters, "all"),
      node: query.get("node") || null,
    };
  }
  if (head === "incidents" && name !== "") {
    const series = query.get("series") ?? "node";
    return { page: "incident", id: name, series: /^\d{1,3}$/.test(series) ? String(Number(series)) : "node" };
  }
  if (head === "services" && name !== "") {
    return {
      page: "service",
      node: name,
      range: among(query.get("range"), Object.keys(serviceRanges) as ServiceRange[], "15m"),
    };
  }
  if (head === "traces" && name !== "") return { page: "trace", traceId: name };
  if (path === "model") return { page: "model" };
  if (path === "telemetry") return { page: "quality" };
  return { page: "unknown", path };
}

/** The address of a route: `parseRoute(routeHref(route))` is the route again. Defaults are left out. */
export function routeHref(route: Route): string {
  switch (route.page) {
    case "home":
      return `#/${search({ state: route.state === "all" ? null : route.state, verdict: route.verdict === "all" ? null : route.verdict, node: route.node })}`;
    case "incident":
      return `#/incidents/${encodeURIComponent(route.id)}${search({ series: route.series === "node" ? null : route.series })}`;
    case "service":
      return `#/services/${encodeURIComponent(route.node)}${search({ range: route.range === "15m" ? null : route.range })}`;
    case "trace":
      return `#/traces/${encodeURIComponent(route.traceId)}`;
    case "model":
      return "#/model";
    case "quality":
      return "#/telemetry";
    case "unknown":
      return `#/${route.path}`;
  }
}

function search(values: Readonly<Record<string, string | null>>): string {
  const query = new URLSearchParams();
  for (const [name, value] of Object.entries(values)) if (value !== null) query.set(name, value);
  const text = query.toString();
  return text === "" ? "" : `?${text}`;
}

function splitOnce(text: string, separator: string): readonly [string, string] {
  const at = text.indexOf(separator);
  return at < 0 ? [text, ""] : [text.slice(0, at), text.slice(at + 1)];
}

/** A hand-typed address may hold a lone `%`: then it is taken as it stands. */
function decode(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    return text;
  }
}
