import { generateKeyPairSync, type KeyObject, sign } from "node:crypto";
import type { TlsCredentials } from "../../src/telemetry/otlp/tls.ts";

/** A certificate and its private key, in PEM form. */
export interface Certificate {
  readonly cert: string;
  readonly key: string;
}

/** Who signs: its name and private key. */
interface Issuer {
  readonly name: string;
  readonly privateKey: KeyObject;
}

/** An authority that signs certificates, all good for a day. Nothing is kept in files: every run has its own keys. */
export class Authority {
  readonly certificate: Certificate;
  readonly #issuer: Issuer;
  #serial = 1;

  constructor(name: string) {
    const { publicKey, privateKey } = newKeys();
    this.#issuer = { name, privateKey };
    const cert = certificateOf({
      subject: name,
      publicKey,
      issuer: this.#issuer,
      serial: this.#serial,
      isAuthority: true,
    });
    this.certificate = { cert, key: pemKey(privateKey) };
  }

  /** A certificate for this machine, signed by the authority. */
  issue(subject: string): Certificate {
    const { publicKey, privateKey } = newKeys();
    this.#serial += 1;
    const parts = { subject, publicKey, issuer: this.#issuer, serial: this.#serial, isAuthority: false };
    return { cert: certificateOf(parts), key: pemKey(privateKey) };
  }
}

/** A certificate of its own authority. */
export function selfSigned(): TlsCredentials {
  const { cert, key } = new Authority("localhost").certificate;
  return { cert: Buffer.from(cert), key: Buffer.from(key) };
}

const newKeys = () => generateKeyPairSync("ec", { namedCurve: "P-256" });
const pemKey = (key: KeyObject) => key.export({ type: "pkcs8", format: "pem" }).toString();

/** One ASN.1 value in DER. Source: X.690. */
function der(tag: number, ...contents: readonly Buffer[]): Buffer {
  const content = Buffer.concat(contents);
  const length =
    content.length < 0x80
      ? Buffer.of(content.length)
      : content.length < 0x100
        ? Buffer.of(0x81, content.length)
        : Buffer.of(0x82, content.length >> 8, content.length & 0xff);
  return Buffer.concat([Buffer.of(tag), length, content]);
}

const sequence = (...contents: readonly Buffer[]) => der(0x30, ...contents);
const identifier = (...bytes: readonly number[]) => der(0x06, Buffer.from(bytes));
const TRUE = der(0x01, Buffer.of(0xff));

const ECDSA_WITH_SHA256 = sequence(identifier(0x2a, 0x86, 0x48, 0xce, 0x3d, 0x04, 0x03, 0x02));
const COMMON_NAME = identifier(0x55, 0x04, 0x03);
const BASIC_CONSTRAINTS = identifier(0x55, 0x1d, 0x13);
const SUBJECT_ALT_NAME = identifier(0x55, 0x1d, 0x11);

function nameOf(text: string): Buffer {
  return sequence(der(0x31, sequence(COMMON_NAME, der(0x0c, Buffer.from(text)))));
}

function timeOf(date: Date): Buffer {
  const digits = date.toISOString().replace(/\D/g, "").slice(2, 14);
  return der(0x17, Buffer.from(`${digits}Z`));
}

/** An X.509 certificate, version 3. Source: RFC 5280, 4.1. */
function certificateOf(parts: {
  subject: string;
  publicKey: KeyObject;
  issuer: Issuer;
  serial: number;
  isAuthority: boolean;
}): string {
  const { subject, publicKey, issuer, serial, isAuthority } = parts;
  const day = 86_400_000;
  const constraints = sequence(BASIC_CONSTRAINTS, TRUE, der(0x04, isAuthority ? sequence(TRUE) : sequence()));
  const here = [der(0x82, Buffer.from("localhost")), der(0x87, Buffer.of(127, 0, 0, 1))];
  const names = sequence(SUBJECT_ALT_NAME, der(0x04, sequence(...here)));
  const body = sequence(
    der(0xa0, der(0x02, Buffer.of(2))),
    der(0x02, Buffer.of(serial)),
    ECDSA_WITH_SHA256,
    nameOf(issuer.name),
    sequence(timeOf(new Date(Date.now() - day)), timeOf(new Date(Date.now() + day))),
    nameOf(subject),
    publicKey.export({ type: "spki", format: "der" }),
    der(0xa3, sequence(constraints, names)),
  );
  const signature = sign("sha256", body, issuer.privateKey);
  const whole = sequence(body, ECDSA_WITH_SHA256, der(0x03, Buffer.of(0), signature));
  return `-----BEGIN CERTIFICATE-----\n${whole.toString("base64").replace(/.{64}/g, "$&\n")}\n-----END CERTIFICATE-----\n`;
}
