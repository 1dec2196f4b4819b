// Goal: both doors speak TLS when told to, let in only whom they should, and refuse at start what cannot work.
// Method: certificates made for the run, real clients of both protocols.
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { request } from "node:https";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { Client, credentials, status } from "@grpc/grpc-js";
import { afterAll, describe, expect, test } from "vitest";
import { SettingsError } from "../../src/contracts/errors.ts";
import { readTls, type TlsFiles } from "../../src/telemetry/otlp/tls.ts";
import { Authority, type Certificate } from "./certificates.ts";
import { TRACES_PATH } from "./grpc-call.ts";
import { encode } from "./otlp-oracle.ts";
import { plainTraces } from "./random-telemetry.ts";
import { runningReceiver } from "./running-receiver.ts";

const folder = mkdtempSync(join(tmpdir(), "spantwin-tls-"));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

let fileCount = 0;
function fileWith(text: string): string {
  const path = join(folder, `${fileCount++}.pem`);
  writeFileSync(path, text);
  return path;
}

const servers = new Authority("servers");
const senders = new Authority("senders");
const server = servers.issue("receiver");
const sender = senders.issue("collector");
const stranger = servers.issue("stranger");

const files = ({ cert, key }: Certificate, clientCa?: string): TlsFiles => ({
  otlpTlsCert: fileWith(cert),
  otlpTlsKey: fileWith(key),
  otlpTlsClientCa: clientCa === undefined ? "" : fileWith(clientCa),
});

const body = Buffer.from(encode("TracesData", plainTraces("shop", 20)));

/** HTTP status, or the code of the error that came instead. */
function post(port: number, shown?: Certificate): Promise<number | string> {
  const headers = { "content-type": "application/x-protobuf" };
  const identity = { ca: servers.certificate.cert, ...shown, agent: false };
  return new Promise((resolve) => {
    const call = request(
      { port, host: "127.0.0.1", method: "POST", path: "/v1/traces", headers, ...identity },
      (response) => {
        response.resume();
        resolve(response.statusCode!);
      },
    );
    call.on("error", (error: NodeJS.ErrnoException) => resolve(error.code ?? "error"));
    call.end(body);
  });
}

/** gRPC status of one Export. */
function exported(port: number, shown?: Certificate): Promise<number> {
  const asIs = (bytes: Buffer) => bytes;
  const pem = (text: string | undefined) => (text === undefined ? null : Buffer.from(text));
  const secure = credentials.createSsl(Buffer.from(servers.certificate.cert), pem(shown?.key), pem(shown?.cert));
  return new Promise((resolve) => {
    const client = new Client(`localhost:${port}`, secure, { "grpc.enable_retries": 0 });
    const deadline = Date.now() + 5_000;
    client.makeUnaryRequest(TRACES_PATH, asIs, asIs, body, { deadline } as never, (error) => {
      client.close();
      resolve(error?.code ?? status.OK);
    });
  });
}

describe("with a certificate", () => {
  test("both doors take bodies over TLS, and none in plain text", async () => {
    const { httpPort, grpcPort, batches } = await runningReceiver({ tls: readTls(files(server)) });
    expect(await post(httpPort)).toBe(200);
    expect(await exported(grpcPort)).toBe(status.OK);
    expect(batches.length).toBe(2);
    await expect(fetch(`http://127.0.0.1:${httpPort}/v1/traces`, { method: "POST" })).rejects.toThrow();
    expect(batches.length).toBe(2);
  });
});

describe("with a certificate and an authority for senders", () => {
  test("both doors let in whom it signed, and nobody else", async () => {
    const tls = readTls(files(server, senders.certificate.cert));
    const { httpPort, grpcPort, batches } = await runningReceiver({ tls });
    for (const shown of [undefined, stranger]) {
      expect(await post(httpPort, shown)).not.toBe(200);
      expect(await exported(grpcPort, shown)).toBe(status.UNAVAILABLE);
    }
    expect(batches.length).toBe(0);
    expect(await post(httpPort, sender)).toBe(200);
    expect(await exported(grpcPort, sender)).toBe(status.OK);
    expect(batches.length).toBe(2);
  });
});

describe("at start", () => {
  const good = files(server);
  const noFiles: TlsFiles = { otlpTlsCert: "", otlpTlsKey: "", otlpTlsClientCa: "" };
  const nowhere = join(folder, "nowhere.pem");

  test("no file at all means plain text", () => {
    expect(readTls(noFiles)).toBeNull();
  });

  test.each([
    {
      why: "a certificate without its key",
      given: { ...good, otlpTlsKey: "" },
      says: /^otlpTlsKey: "" must name a file/,
    },
    {
      why: "a key without its certificate",
      given: { ...good, otlpTlsCert: "" },
      says: /^otlpTlsCert: "" must name a file/,
    },
    {
      why: "an authority alone",
      given: { ...noFiles, otlpTlsClientCa: nowhere },
      says: /^otlpTlsClientCa: .* needs otlpTlsCert and otlpTlsKey/,
    },
    {
      why: "a file that is not there",
      given: { ...good, otlpTlsCert: nowhere },
      says: /^otlpTlsCert: .*cannot be read/,
    },
    {
      why: "a key in the place of the certificate",
      given: { ...good, otlpTlsCert: good.otlpTlsKey },
      says: /^otlpTlsCert: .* holds no certificate in PEM form$/,
    },
    {
      why: "a certificate in the place of the key",
      given: { ...good, otlpTlsKey: good.otlpTlsCert },
      says: /^otlpTlsKey: .* holds no private key/,
    },
    {
      why: "another certificate's key",
      given: { ...good, otlpTlsKey: fileWith(stranger.key) },
      says: /^otlpTlsKey: .* is not the key of the certificate/,
    },
    {
      why: "an authority that is none",
      given: { ...good, otlpTlsClientCa: good.otlpTlsKey },
      says: /^otlpTlsClientCa: .* holds no certificate/,
    },
  ])("$why is refused by name", ({ given, says }) => {
    expect(() => readTls(given)).toThrow(SettingsError);
    expect(() => readTls(given)).toThrow(says);
  });
});
