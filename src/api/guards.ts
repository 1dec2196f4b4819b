import { isIPv4 } from "node:net";

import type { RequestHandler } from "express";

import { RequestError } from "./request-error.ts";

/**
 * Headers of every answer. Scripts, styles and data come from here only and nobody may frame the page, so that a name
 * in somebody's telemetry cannot become code, even if the page forgot to escape it.
 */
export const securityHeaders: RequestHandler = (_request, response, next) => {
  response.set({
    "content-security-policy":
      "default-src 'self'; base-uri 'none'; form-action 'self'; frame-ancestors 'none'; object-src 'none'",
    "x-content-type-options": "nosniff",
    "x-frame-options": "DENY",
    "referrer-policy": "no-referrer",
    "cross-origin-opener-policy": "same-origin",
    "cross-origin-resource-policy": "same-origin",
  });
  next();
};

/**
 * Refuses names that are not ours, against DNS rebinding: a foreign page may point its own name at 127.0.0.1, and the
 * browser would then let it read everything. Bound to a public address without `allowedHosts` every name is taken.
 */
export function hostGuard(options: {
  allowedHosts: readonly string[];
  boundHost: () => string | null;
}): RequestHandler {
  const allowed = new Set(options.allowedHosts.map(hostName));
  return (request, _response, next) => {
    const bound = options.boundHost();
    const isPrivate = bound === null || isLoopback(hostName(bound));
    const name = hostName(request.headers.host ?? "");
    if (isLoopback(name) || allowed.has(name) || (!isPrivate && allowed.size === 0) || name === bound) next();
    else next(new RequestError(403, `host: ${JSON.stringify(name)} is not a name of this server`));
  };
}

/** Refuses what another site asks a browser to write here. Programs send neither header and are let through. */
export const crossSiteGuard: RequestHandler = (request, _response, next) => {
  if (request.method === "GET" || request.method === "HEAD") {
    next();
    return;
  }
  const { origin, host } = request.headers;
  const site = request.headers["sec-fetch-site"];
  const isForeign =
    (origin !== undefined && !isSameHost(origin, host)) || (site !== undefined && site !== "same-origin");
  next(isForeign ? new RequestError(403, `${request.method} from another site is refused`) : undefined);
};

/** The scheme is not compared: behind a proxy that ends TLS we cannot know it. */
function isSameHost(origin: string, host: string | undefined): boolean {
  return host !== undefined && URL.canParse(origin) && new URL(origin).host === host.toLowerCase();
}

/** `Name:7171` → `name`; `[::1]:7171` → `::1`. */
function hostName(host: string): string {
  const inBrackets = /^\[([^\]]*)\]/.exec(host);
  if (inBrackets !== null) return (inBrackets[1] ?? "").toLowerCase();
  const hasPort = /^[^:]*:\d*$/.test(host);
  return (hasPort ? host.slice(0, host.indexOf(":")) : host).toLowerCase();
}

function isLoopback(name: string): boolean {
  return name === "localhost" || name === "::1" || (isIPv4(name) && name.startsWith("127."));
}
