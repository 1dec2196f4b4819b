import type { LoadedSettings } from "../../settings/load.ts";
import { SETTING_KEYS } from "../../settings/schema.ts";
import { type Finding, fine, warning } from "./finding.ts";

/** What differs from the defaults, and where that was said; and what does not go together. */
export function checkSettings({ settings, origins }: LoadedSettings): readonly Finding[] {
  const changed = SETTING_KEYS.flatMap((key) => {
    const origin = origins.get(key);
    return origin === undefined
      ? []
      : [fine("settings", `${key} = ${shown(settings[key])} (${origin.name} in ${origin.place})`)];
  });
  const rest = SETTING_KEYS.length - changed.length;
  const findings = [...changed, fine("settings", `${rest} settings are at their defaults`)];
  const { host, windowSeconds, latenessSeconds } = settings;
  if (host === "0.0.0.0" || host === "::") {
    findings.push(
      warning(
        "settings",
        `host ${host} opens the page, the API and the receivers to everybody who can reach this machine`,
        "there is no authentication: let only collectors and people you trust reach the ports (NetworkPolicy, firewall, proxy)",
      ),
    );
  }
  if (latenessSeconds > 10 * windowSeconds) {
    findings.push(
      warning(
        "settings",
        `latenessSeconds ${latenessSeconds} holds ${Math.ceil(latenessSeconds / windowSeconds)} windows open at a time`,
        "verdicts come that much later and memory grows with it: shorten latenessSeconds, or the batch timeout of the collector",
      ),
    );
  }
  return findings;
}

function shown(value: unknown): string {
  return JSON.stringify(value);
}
