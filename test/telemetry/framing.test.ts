import fc from "fast-check";
import { expect, test } from "vitest";
import { type Message, messagesOf } from "../../src/telemetry/files/framing.ts";

async function* cut(bytes: Buffer, lengths: readonly number[]): AsyncGenerator<Buffer> {
  let at = 0;
  for (let turn = 0; at < bytes.length; turn += 1) {
    const length = lengths[turn % lengths.length]!;
    // A copy: a real stream reuses no chunk, and a reader must not look behind one.
    yield Buffer.from(bytes.subarray(at, at + length));
    at += length;
  }
}

async function all(messages: AsyncGenerator<Message>): Promise<Message[]> {
  const found: Message[] = [];
  for await (const message of messages) found.push(message);
  return found;
}

const lengths = fc.array(fc.integer({ min: 1, max: 40 }), { minLength: 1, maxLength: 6 });

test("frames come whole however the stream is cut, and earlier ones stay as they were", async () => {
  const body = fc.uint8Array({ minLength: 1, maxLength: 60 }).map((bytes) => Buffer.from([0x0a, ...bytes]));
  await fc.assert(
    fc.asyncProperty(fc.array(body, { maxLength: 12 }), lengths, async (bodies, cuts) => {
      const frames = bodies.flatMap((bytes) => [Buffer.from([0, 0, 0, bytes.length]), bytes]);
      const found = await all(messagesOf(cut(Buffer.concat(frames), cuts), 100));
      expect(found.map(({ bytes }) => bytes.toString("hex"))).toEqual(bodies.map((bytes) => bytes.toString("hex")));
    }),
  );
});

test("lines come whole however the stream is cut", async () => {
  const line = fc.string({ maxLength: 50 }).map((text) => JSON.stringify({ text }));
  await fc.assert(
    fc.asyncProperty(fc.array(line, { maxLength: 12 }), lengths, fc.boolean(), async (lines, cuts, isEnded) => {
      const text = lines.join("\n") + (isEnded ? "\n\n" : "");
      const found = await all(messagesOf(cut(Buffer.from(text), cuts), 400));
      expect(found.map(({ bytes }) => bytes.toString().trim())).toEqual(lines);
    }),
  );
});

test("a message or line over the limit is refused when it is seen, not when it has all been read", async () => {
  let chunkCount = 0;
  async function* endless(first: Buffer): AsyncGenerator<Buffer> {
    for (let chunk = first; chunkCount < 1_000; chunk = Buffer.alloc(50, 0x20)) {
      chunkCount += 1;
      yield chunk;
    }
  }
  await expect(all(messagesOf(endless(Buffer.from([0, 0, 1, 0])), 100))).rejects.toThrow(
    "a message of 256 bytes is over 100",
  );
  await expect(all(messagesOf(endless(Buffer.from("{")), 100))).rejects.toThrow("a line is longer than 100 bytes");
  expect(chunkCount).toBeLessThan(10);
});
