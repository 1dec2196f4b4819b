import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { MalformedError } from "../../src/contracts/errors.ts";
import { toJson } from "../../src/telemetry/otlp/to-json.ts";
import { expectValidBatch } from "../contract/telemetry-source.ts";
import { newDecoder } from "./batch-views.ts";
import { encode } from "./otlp-oracle.ts";
import { randomMetrics, randomTraces } from "./random-telemetry.ts";

// Goal: no sender can crash, hang or half-fill the reader. Method: good bodies, cut and flipped with a seeded stream.

describe("the decoder", () => {
  test("gives a typed error or a valid batch for 20,000 cut and flipped bodies", () => {
    const seed = 20_260_711;
    const random = seeded(seed);
    const traces = fc.sample(randomTraces, { seed, numRuns: 40 }).map((value) => encode("TracesData", value));
    const metrics = fc.sample(randomMetrics, { seed, numRuns: 40 }).map((value) => encode("MetricsData", value));
    const decoder = newDecoder();
    let refused = 0;
    for (let run = 0; run < 20_000; run += 1) {
      const signal = run % 2 === 0 ? "traces" : "metrics";
      const body = mutated((signal === "traces" ? traces : metrics)[(run >> 1) % 40]!, random);
      for (const format of run % 4 < 2 ? (["protobuf", "json"] as const) : (["protobuf"] as const)) {
        try {
          const bytes = format === "protobuf" ? body : Buffer.from(toJson(signal, body));
          expectValidBatch(decoder.decode(signal, format, bytes).batch);
        } catch (error) {
          if (!(error instanceof MalformedError)) throw new Error(`seed ${seed}, run ${run}`, { cause: error });
          refused += 1;
        }
      }
    }
    expect(refused).toBeGreaterThan(100);
  });

  test("reads 3,000 mutated JSON bodies to a typed error or a valid batch", () => {
    const seed = 77;
    const random = seeded(seed);
    const bodies = fc
      .sample(randomTraces, { seed, numRuns: 30 })
      .map((v) => Buffer.from(toJson("traces", encode("TracesData", v))));
    const decoder = newDecoder();
    let accepted = 0;
    for (let run = 0; run < 3_000; run += 1) {
      const body = swapped(bodies[run % 30]!, random);
      try {
        expectValidBatch(decoder.decode("traces", "json", body).batch);
        accepted += 1;
      } catch (error) {
        if (!(error instanceof MalformedError)) throw new Error(`seed ${seed}, run ${run}: ${body}`, { cause: error });
      }
    }
    expect(accepted).toBeGreaterThan(100);
  });
});

function seeded(seed: number): () => number {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mix = Math.imul(state ^ (state >>> 15), state | 1);
    mix ^= mix + Math.imul(mix ^ (mix >>> 7), mix | 61);
    return ((mix ^ (mix >>> 14)) >>> 0) / 4_294_967_296;
  };
}

function mutated(body: Uint8Array, random: () => number): Uint8Array {
  const copy = Uint8Array.from(body);
  for (let flips = 1 + Math.floor(random() * 4); flips > 0 && copy.length > 0; flips -= 1) {
    copy[Math.floor(random() * copy.length)] = Math.floor(random() * 256);
  }
  return random() < 0.3 ? copy.subarray(0, Math.floor(random() * copy.length)) : copy;
}

/** JSON with one token replaced by another of JSON's own, so that it often still parses. */
function swapped(body: Buffer, random: () => number): Buffer {
  const tokens = body.toString().split(/(?<=[:,[{])|(?=[,\]}])/);
  const others = ["null", "7", '"x"', "{}", "[]", "true", "-1.5", '"1e5"'];
  tokens[Math.floor(random() * tokens.length)] = others[Math.floor(random() * others.length)]!;
  return Buffer.from(tokens.join(""));
}
