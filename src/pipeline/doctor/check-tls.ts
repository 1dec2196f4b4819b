import { X509Certificate } from "node:crypto";

import { readTls, type TlsFiles } from "../../telemetry/otlp/tls.ts";
import { type Finding, failure, fine, messageOf, warning } from "./finding.ts";

const DAY_SECONDS = 86_400;
/** Renewed well before: somebody has to see the warning first. */
const WARN_BEFORE_DAYS = 21;

/** Whether the certificate of the OTLP ports can be used, belongs to its key, and is still valid. */
export function checkTls(files: TlsFiles, nowSeconds: number = Date.now() / 1000): Finding {
  try {
    const credentials = readTls(files);
    if (credentials === null) return fine("tls", "the OTLP ports speak plain text (otlpTlsCert is empty)");
    return validity(new X509Certificate(credentials.cert as Buffer), nowSeconds);
  } catch (error) {
    return failure("tls", messageOf(error), "attach refuses to start like this: correct the files, or name none");
  }
}

/** How much longer a certificate is valid. */
export function validity(
  { validFrom, validTo, subject }: Pick<X509Certificate, "validFrom" | "validTo" | "subject">,
  nowSeconds: number,
): Finding {
  const from = Date.parse(validFrom) / 1000;
  const to = Date.parse(validTo) / 1000;
  const name = subject?.replaceAll("\n", ", ") ?? "without a subject";
  const advice = "put a new certificate in its place and restart";
  if (nowSeconds < from)
    return failure("tls", `the certificate (${name}) is not valid before ${validFrom}`, "check the clock");
  if (nowSeconds > to) return failure("tls", `the certificate (${name}) expired on ${validTo}`, advice);
  const days = Math.floor((to - nowSeconds) / DAY_SECONDS);
  const found = `the certificate (${name}) is valid for ${days} more days`;
  return days < WARN_BEFORE_DAYS ? warning("tls", found, advice) : fine("tls", found);
}
