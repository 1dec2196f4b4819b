import { z } from "zod";

import { Secret } from "../contracts/secret.ts";
import type { PostgresAddress } from "../contracts/settings.ts";
import type { Setting } from "./setting.ts";

const RULE =
  "empty, or postgres://user@host:port/database, with ?sslmode=disable, require or verify-full and &sslrootcert=file where they are needed (the password after user: or in PGPASSWORD)";

const DEFAULT_PORT = 5432;
const TLS_MODES = ["disable", "require", "verify-full"] as const;

/** The address of a database, or null when no text is given. */
export function storeUrl(options: { description: string }): Setting<PostgresAddress | null> {
  const url = z.string(RULE).transform((text, context): PostgresAddress => {
    const address = postgresAddressOf(text);
    if (address === null) {
      context.addIssue({ code: "custom", message: RULE });
      return z.NEVER;
    }
    return address;
  });
  const nothing = z.union([z.null(), z.literal("")]).transform(() => null);
  const schema = z.union([nothing, url], RULE);
  return { ...options, defaultValue: null, unit: "", rule: RULE, reads: "text", schema, shown: hidePassword };
}

/** Reads the URL of a database; null when it is none. What is not understood makes it none: a forgotten TLS would be worse than a refusal. */
export function postgresAddressOf(text: string): PostgresAddress | null {
  const url = URL.canParse(text) ? new URL(text) : null;
  if (url === null || !/^postgres(ql)?:$/.test(url.protocol) || url.hostname === "" || url.hash !== "") return null;
  const database = decoded(url.pathname.slice(1));
  const tls = tlsOf(url.searchParams);
  const user = decoded(url.username);
  const password = decoded(url.password);
  if (tls === null || user === null || password === null) return null;
  if (database === null || database === "" || database.includes("/")) return null;
  return {
    host: url.hostname.replace(/^\[(.*)\]$/, "$1"),
    port: url.port === "" ? DEFAULT_PORT : Number(url.port),
    database,
    user: user === "" ? null : user,
    password: password === "" ? null : new Secret(password),
    ...tls,
  };
}

function tlsOf(parameters: URLSearchParams): Pick<PostgresAddress, "tls" | "tlsAuthority"> | null {
  for (const name of new Set(parameters.keys())) {
    const isKnown = name === "sslmode" || name === "sslrootcert";
    if (!isKnown || parameters.getAll(name).length > 1) return null;
  }
  const mode = parameters.get("sslmode") ?? "disable";
  const tls = TLS_MODES.find((each) => each === mode);
  const tlsAuthority = parameters.get("sslrootcert");
  // An authority that is never asked would look like safety.
  if (tls === undefined || tlsAuthority === "" || (tlsAuthority !== null && tls !== "verify-full")) return null;
  return { tls, tlsAuthority };
}

/** A refused URL as it may be shown: whatever stands before its last "@", and every parameter, may hold a password. */
export function hidePassword(text: string): string {
  return text.replace(/^.*@/s, "***@").replace(/\?.*$/s, "?***");
}

function decoded(text: string): string | null {
  try {
    return decodeURIComponent(text);
  } catch {
    return null;
  }
}
