// Goal: senders that are slow, silent or too many cost little and bother nobody. Method: real sockets that say nothing, or a
// byte now and then, against both doors with their patience shortened; what is measured is that they are closed, not when.
import { once } from "node:events";
import http2 from "node:http2";
import { type AddressInfo, connect, type Socket } from "node:net";
import { connect as connectTls } from "node:tls";
import { status } from "@grpc/grpc-js";
import { describe, expect, onTestFinished, test } from "vitest";
import { selfSigned } from "./certificates.ts";
import { callWith, framed, TRACES_PATH, withSession } from "./grpc-call.ts";
import { encode } from "./otlp-oracle.ts";
import { plainTraces } from "./random-telemetry.ts";
import { runningReceiver } from "./running-receiver.ts";

const patience = { idleSeconds: 0.4, headSeconds: 0.4, requestSeconds: 0.8 };
const traces = encode("TracesData", plainTraces("shop", 20));

interface Talk {
  readonly socket: Socket;
  /** All that came until it was closed. */
  readonly heard: Promise<string>;
}

function talk(port: number, first = ""): Talk {
  const socket = connect(port, "127.0.0.1");
  const chunks: Buffer[] = [];
  socket.on("data", (chunk) => chunks.push(chunk));
  socket.on("error", () => {});
  const heard = new Promise<string>((resolve) => {
    socket.on("close", () => resolve(Buffer.concat(chunks).toString("latin1")));
  });
  if (first !== "") socket.write(first);
  return { socket, heard };
}

/** A byte every 50 ms, for as long as somebody listens. */
function trickle(socket: { write(data: Uint8Array): unknown; on(event: "close", heard: () => void): unknown }): void {
  const timer = setInterval(() => socket.write(Buffer.of(0x61)), 50);
  socket.on("close", () => clearInterval(timer));
}

const post = async (port: number): Promise<number> => {
  const headers = { "content-type": "application/x-protobuf" };
  const answer = await fetch(`http://127.0.0.1:${port}/v1/traces`, { method: "POST", headers, body: traces });
  await answer.arrayBuffer();
  return answer.status;
};

describe("OTLP/HTTP closes", () => {
  test("a connection that says nothing", async () => {
    const { httpPort } = await runningReceiver({ patience });
    expect(await talk(httpPort).heard).toMatch(/^(|HTTP\/1.1 503 [\s\S]*)$/);
  });

  test("a connection whose last request is over", async () => {
    const { httpPort } = await runningReceiver({ patience });
    const head = `POST /v1/traces HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\nContent-Length: 2\r\n\r\n{}`;
    expect(await talk(httpPort, head).heard).toMatch(/^HTTP\/1.1 200 OK[\s\S]*\{\}$/);
  });

  test("a head that never ends, and says so in a way that is tried again", async () => {
    const { httpPort } = await runningReceiver({ patience });
    const { socket, heard } = talk(httpPort, "POST /v1/traces HTTP/1.1\r\nX-Slow: ");
    trickle(socket);
    expect(await heard).toMatch(/^HTTP\/1.1 503 [\s\S]*Retry-After: 1\r\n[\s\S]*"code":14/);
  });

  test("a body that never ends, and gives back what it held", async () => {
    const { httpPort, receiver } = await runningReceiver({ patience });
    const head =
      "POST /v1/traces HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\nContent-Length: 9000\r\n\r\n";
    const { socket, heard } = talk(httpPort, head);
    trickle(socket);
    await expect.poll(() => receiver.load.inFlightBytes).toBeGreaterThan(0);
    expect(await post(httpPort)).toBe(200);
    expect(await heard).toMatch(/^HTTP\/1.1 503 /);
    await expect.poll(() => receiver.load.inFlightBytes).toBe(0);
  });
});

describe("OTLP/gRPC closes", () => {
  test("a connection that says nothing, and one that never begins to encrypt", async () => {
    const { grpcPort } = await runningReceiver({ patience });
    await talk(grpcPort).heard;
    const { grpcPort: tlsPort } = await runningReceiver({ patience, tls: selfSigned() });
    await talk(tlsPort).heard;
  });

  test("a connection without calls, telling the client so", async () => {
    const { grpcPort } = await runningReceiver({ patience });
    const session = http2.connect(`http://127.0.0.1:${grpcPort}`);
    const goaway = new Promise<number>((resolve) => session.on("goaway", resolve));
    expect((await callWith(session, framed(traces))).grpcStatus).toBe(status.OK);
    expect(await goaway).toBe(http2.constants.NGHTTP2_NO_ERROR);
    await new Promise<void>((resolve) => (session.closed ? resolve() : session.on("close", resolve)));
  });

  test("but not one whose call waits for its answer", async () => {
    let release: () => void = () => {};
    const gate = new Promise<void>((resolve) => {
      release = resolve;
    });
    const { grpcPort } = await runningReceiver({ patience }, () => gate);
    const answer = withSession(`http://127.0.0.1:${grpcPort}`, (session) => callWith(session, framed(traces)));
    setTimeout(release, patience.idleSeconds * 3_000);
    expect((await answer).grpcStatus).toBe(status.OK);
  });

  test("a call whose message never ends, with UNAVAILABLE, and gives back what it held", async () => {
    const { grpcPort, receiver } = await runningReceiver({ patience });
    await withSession(`http://127.0.0.1:${grpcPort}`, async (session) => {
      const stream = session.request({ ":method": "POST", ":path": TRACES_PATH, "content-type": "application/grpc" });
      stream.on("error", () => {});
      stream.write(framed(Buffer.alloc(9_000)).subarray(0, 100));
      trickle(stream);
      const headers = new Promise<http2.IncomingHttpHeaders>((resolve) => stream.on("response", resolve));
      expect((await callWith(session, framed(traces))).grpcStatus).toBe(status.OK);
      expect((await headers)["grpc-status"]).toBe(String(status.UNAVAILABLE));
    });
    await expect.poll(() => receiver.load.inFlightBytes).toBe(0);
    expect(receiver.counts().answers).toContainEqual({ transport: "grpc", code: status.UNAVAILABLE, count: 1 });
  });

  test("for good when it ends itself, though the other side keeps its half open", async () => {
    const { grpcPort, receiver } = await runningReceiver({ patience });
    const socket = connect({ port: grpcPort, host: "127.0.0.1", allowHalfOpen: true });
    onTestFinished(() => void socket.destroy());
    socket.on("error", () => {});
    socket.resume().write(Buffer.from("PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n\0\0\0\x04\0\0\0\0\0", "latin1"));
    await once(socket, "end");
    await receiver.close();
    await expect(fetch(`http://127.0.0.1:${grpcPort}`)).rejects.toThrow();
  });

  test("a call whose answer nobody fetches", async () => {
    const { grpcPort, batches } = await runningReceiver({ patience });
    const session = http2.connect(`http://127.0.0.1:${grpcPort}`, { settings: { initialWindowSize: 0 } });
    const stream = session.request({ ":method": "POST", ":path": TRACES_PATH, "content-type": "application/grpc" });
    stream.on("error", () => {});
    stream.end(framed(traces));
    await new Promise((resolve) => stream.on("close", resolve));
    expect([batches.length, stream.rstCode]).toEqual([1, http2.constants.NGHTTP2_CANCEL]);
    await new Promise<void>((resolve) => (session.closed ? resolve() : session.on("close", resolve)));
  });

  test("a connection that only pings, in the words gRPC clients know", async () => {
    const { grpcPort } = await runningReceiver();
    const session = http2.connect(`http://127.0.0.1:${grpcPort}`);
    const goaway = new Promise((resolve) => {
      session.on("goaway", (code, _last, data) => resolve([code, data?.toString()]));
    });
    session.on("error", () => {});
    await new Promise((resolve) => session.on("connect", resolve));
    for (let ping = 0; ping < 5; ping += 1) session.ping(() => {});
    expect(await goaway).toEqual([http2.constants.NGHTTP2_ENHANCE_YOUR_CALM, "too_many_pings"]);
  });
});

test.each(["httpPort", "grpcPort"] as const)(
  "connections of %s beyond the limit are closed and counted",
  async (door) => {
    const running = await runningReceiver({ maxConnections: 3 });
    const open = Array.from({ length: 5 }, () => talk(running[door]));
    const transport = door === "httpPort" ? "http" : "grpc";
    await expect.poll(() => running.receiver.counts().connectionsDropped[transport]).toBe(2);
    for (const { socket } of open) socket.destroy();
    await Promise.all(open.map(({ heard }) => heard));
    await expect.poll(() => post(running.httpPort)).toBe(200);
  },
);

test("1,000 idle connections: bodies are still taken in, and then the idle ones are closed", async () => {
  const { httpPort, grpcPort, batches } = await runningReceiver({
    patience: { idleSeconds: 3, headSeconds: 3, requestSeconds: 3 },
  });
  const idle = Array.from({ length: 1_000 }, (_, index) => talk(index % 2 === 0 ? httpPort : grpcPort));
  await Promise.all(idle.map(({ socket }) => new Promise((resolve) => socket.on("connect", resolve))));
  for (let run = 0; run < 20; run += 1) expect(await post(httpPort)).toBe(200);
  await withSession(`http://127.0.0.1:${grpcPort}`, async (session) => {
    for (let run = 0; run < 20; run += 1) expect((await callWith(session, framed(traces))).grpcStatus).toBe(status.OK);
  });
  expect(batches.length).toBe(40);
  await Promise.all(idle.map(({ heard }) => heard));
});

test("a TLS port hears no plain text and stays open for others", async () => {
  const tls = selfSigned();
  const { httpPort, grpcPort } = await runningReceiver({ patience, tls });
  for (const port of [httpPort, grpcPort]) {
    expect(await talk(port, "POST /v1/traces HTTP/1.1\r\n\r\n").heard).not.toContain("200");
    const socket = connectTls({ port, host: "127.0.0.1", ca: tls.cert as Buffer, servername: "localhost" });
    await new Promise((resolve, reject) => {
      socket.on("secureConnect", resolve);
      socket.on("error", reject);
    });
    expect((socket.address() as AddressInfo).port).toBeGreaterThan(0);
    socket.destroy();
  }
});
