import { createPrivateKey, X509Certificate } from "node:crypto";
import { readFileSync } from "node:fs";
import type { TlsOptions } from "node:tls";
import { SettingsError } from "../../contracts/errors.ts";

/** Paths of PEM files, "" for none: the certificate (with its chain), its key, and who signs the senders' certificates. */
export interface TlsFiles {
  readonly otlpTlsCert: string;
  readonly otlpTlsKey: string;
  readonly otlpTlsClientCa: string;
}

/** What a server needs to speak TLS. With a `ca`, only senders with a certificate of it are let in. */
export type TlsCredentials = Pick<
  TlsOptions,
  "cert" | "key" | "ca" | "requestCert" | "rejectUnauthorized" | "minVersion"
>;

/**
 * Reads the files, or gives null when there are none.
 *
 * @throws {SettingsError} when one is missing, cannot be read or is not what it should be, or key and certificate do not
 * belong together.
 */
export function readTls(files: TlsFiles): TlsCredentials | null {
  const { otlpTlsCert, otlpTlsKey, otlpTlsClientCa } = files;
  if (otlpTlsCert === "" && otlpTlsKey === "") {
    if (otlpTlsClientCa === "") return null;
    throw new SettingsError("otlpTlsClientCa", otlpTlsClientCa, "needs otlpTlsCert and otlpTlsKey beside it");
  }
  if (otlpTlsCert === "") throw new SettingsError("otlpTlsCert", "", "must name a file: otlpTlsKey is given");
  if (otlpTlsKey === "") throw new SettingsError("otlpTlsKey", "", "must name a file: otlpTlsCert is given");
  const cert = readPem("otlpTlsCert", otlpTlsCert);
  const key = readPem("otlpTlsKey", otlpTlsKey);
  const certificate = parsed("otlpTlsCert", otlpTlsCert, "certificate", () => new X509Certificate(cert));
  const privateKey = parsed("otlpTlsKey", otlpTlsKey, "private key without passphrase", () => createPrivateKey(key));
  if (!certificate.checkPrivateKey(privateKey)) {
    throw new SettingsError("otlpTlsKey", otlpTlsKey, `is not the key of the certificate in ${otlpTlsCert}`);
  }
  const credentials: TlsCredentials = { cert, key, minVersion: "TLSv1.2" };
  if (otlpTlsClientCa === "") return credentials;
  const ca = readPem("otlpTlsClientCa", otlpTlsClientCa);
  parsed("otlpTlsClientCa", otlpTlsClientCa, "certificate", () => new X509Certificate(ca));
  return { ...credentials, ca, requestCert: true, rejectUnauthorized: true };
}

function readPem(key: keyof TlsFiles, path: string): Buffer {
  try {
    return readFileSync(path);
  } catch (error) {
    throw new SettingsError(key, path, `cannot be read: ${error instanceof Error ? error.message : String(error)}`);
  }
}

function parsed<T>(key: keyof TlsFiles, path: string, what: string, parse: () => T): T {
  try {
    return parse();
  } catch {
    throw new SettingsError(key, path, `holds no ${what} in PEM form`);
  }
}
