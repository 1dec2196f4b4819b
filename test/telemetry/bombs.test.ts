// Goal: a small body that unpacks to a large one is refused without the memory it asks for.
// Method: a receiver in a process of its own, whose largest size is read after bombs of every kind came by both doors.
import { type ChildProcess, fork } from "node:child_process";
import { once } from "node:events";
import { request } from "node:http";
import { createZstdCompress, deflateSync, gzipSync } from "node:zlib";
import { status } from "@grpc/grpc-js";
import { afterAll, beforeAll, expect, test } from "vitest";
import { callWith, framed, withSession } from "./grpc-call.ts";
import { encode } from "./otlp-oracle.ts";
import { plainTraces } from "./random-telemetry.ts";

const MAX_GROWTH_BYTES = 64_000_000;
const BOMB_BYTES = 300 << 20;

let child: ChildProcess;
let ports: { readonly httpPort: number; readonly grpcPort: number };

beforeAll(async () => {
  child = fork(new URL("receiver-process.ts", import.meta.url), { execArgv: [] });
  [ports] = await once(child, "message");
});
afterAll(() => child.kill());

async function memory(): Promise<{ readonly rssBytes: number; readonly peakBytes: number }> {
  child.send("memory");
  const [answer] = await once(child, "message");
  return answer;
}

function post(body: Uint8Array, encoding: string): Promise<number> {
  const headers = { "content-type": "application/x-protobuf", "content-encoding": encoding };
  return new Promise((resolve, reject) => {
    const call = request(
      { port: ports.httpPort, host: "127.0.0.1", method: "POST", path: "/v1/traces", headers },
      (response) => {
        response.resume();
        resolve(response.statusCode!);
      },
    );
    call.on("error", reject);
    call.end(body);
  });
}

async function zstdWithoutSize(): Promise<Buffer> {
  const stream = createZstdCompress();
  const block = Buffer.alloc(1 << 20);
  const collected: Buffer[] = [];
  stream.on("data", (chunk: Buffer) => collected.push(chunk));
  for (let written = 0; written < BOMB_BYTES; written += block.length) {
    if (!stream.write(block)) await once(stream, "drain");
  }
  stream.end();
  await once(stream, "end");
  return Buffer.concat(collected);
}

test("bombs of 300 MiB, 1,000 to 1 and beyond, by HTTP and gRPC: refused, and the process grows by less than 64 MB", async () => {
  const good = encode("TracesData", plainTraces("shop", 500));
  for (let run = 0; run < 30; run += 1) expect(await post(gzipSync(good), "gzip")).toBe(200);

  const zeros = Buffer.alloc(BOMB_BYTES);
  const gzip = gzipSync(zeros);
  // A trailer that promises a body just under the limit.
  const liar = Buffer.from(gzip);
  liar.writeUInt32LE((64 << 20) - 1, liar.length - 4);
  const bombs = [
    { encoding: "gzip", body: gzip },
    { encoding: "gzip", body: liar },
    { encoding: "deflate", body: deflateSync(zeros) },
    { encoding: "zstd", body: await zstdWithoutSize() },
  ];
  expect(Math.max(...bombs.map(({ body }) => body.length))).toBeLessThan(BOMB_BYTES / 900);

  const growths: number[] = [];
  for (const { encoding, body } of bombs) {
    const before = await memory();
    expect(await post(body, encoding)).toBe(413);
    await withSession(`http://127.0.0.1:${ports.grpcPort}`, async (session) => {
      const answer = await callWith(session, framed(body, true), { "grpc-encoding": encoding });
      expect(answer.grpcStatus).toBe(status.RESOURCE_EXHAUSTED);
    });
    growths.push((await memory()).peakBytes - before.rssBytes);
  }
  expect(Math.max(...growths)).toBeLessThan(MAX_GROWTH_BYTES);
  expect(await post(gzipSync(good), "gzip")).toBe(200);
});
