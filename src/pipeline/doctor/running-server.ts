import type { Status } from "../../contracts/api.ts";
import type { Settings } from "../../contracts/settings.ts";

const ANSWER_WITHIN_MILLISECONDS = 2000;

/** What a server that runs with these settings says of itself; null when none does. */
export async function runningServer({ host, apiPort }: Pick<Settings, "host" | "apiPort">): Promise<Status | null> {
  if (apiPort === 0) return null;
  try {
    const url = `http://${reachable(host)}:${apiPort}/api/v1/status`;
    const response = await fetch(url, { signal: AbortSignal.timeout(ANSWER_WITHIN_MILLISECONDS) });
    const status = (await response.json()) as Partial<Status> | null;
    return response.ok && Array.isArray(status?.listening) && typeof status.version === "string"
      ? (status as Status)
      : null;
  } catch {
    return null;
  }
}

/** Where to knock at a listener of this host: the "any" address is met at loopback. */
function reachable(host: string): string {
  if (host === "0.0.0.0") return "127.0.0.1";
  if (host === "::") return "[::1]";
  return host.includes(":") ? `[${host}]` : host;
}
