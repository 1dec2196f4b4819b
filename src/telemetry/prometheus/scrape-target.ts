/** One address to be scraped. */
export interface ScrapeTarget {
  readonly url: string;
  /** `host:port`. */
  readonly address: string;
  readonly host: string;
  /** What the setting calls it; null when its metrics are to say. */
  readonly service: string | null;
  readonly instance: string | null;
}

const TARGET = /^(?:(?<service>[^=@\s:]+)(?:@(?<instance>[^=\s]+))?=)?(?<address>\S+)$/;
const HOST = /^[\w.%:[\]-]+$/;
const SCHEME = /^https?:\/\//;
const DEFAULT_PATH = "/metrics";

/** What `scrapeTargetOf` takes, to follow "must be". */
export const SCRAPE_TARGET_RULE = "[service[@instance]=][http(s)://]host:port[/path]";

/** Reads `cart@cart-1=http://10.0.0.7:9464/metrics`, of which only host and port have to be there; null when it is none. */
export function scrapeTargetOf(text: string): ScrapeTarget | null {
  const { service, instance, address } = TARGET.exec(text)?.groups ?? {};
  if (address === undefined) return null;
  const hasScheme = SCHEME.test(address);
  const whole = hasScheme ? address : `http://${address}`;
  if (!URL.canParse(whole)) return null;
  const url = new URL(whole);
  const isGood =
    HOST.test(url.hostname) &&
    url.username === "" &&
    url.hash === "" &&
    (hasScheme || url.port !== "" || /:80(\/|$)/.test(address));
  if (!isGood) return null;
  if (url.pathname === "/" && !address.endsWith("/")) url.pathname = DEFAULT_PATH;
  const port = url.port || (url.protocol === "https:" ? "443" : "80");
  return {
    url: url.href,
    address: `${url.hostname}:${port}`,
    host: url.hostname,
    service: service ?? null,
    instance: instance ?? null,
  };
}
