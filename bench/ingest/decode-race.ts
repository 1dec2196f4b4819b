import { CountingLedger } from "../../src/telemetry/ledger.ts";
import { OtlpDecoder } from "../../src/telemetry/otlp/decoder.ts";
import { type Decode, reflectionDecode, staticDecode } from "./protobufjs-codecs.ts";
import type { Body } from "./span-bodies.ts";

/** Processor time that each of the rivals gets a round. */
const TURN_SECONDS = 0.4;

export interface DecodeRace {
  /** Spans per processor second, by round. */
  readonly ours: readonly number[];
  readonly static: readonly number[];
  readonly reflection: readonly number[];
}

/**
 * Reads the same bodies with our decoder, names and all, and with protobufjs to its object tree; they take turns in every
 * round, so that what else the machine does falls on all of them.
 */
export async function raceDecoders(bodies: readonly Body[], rounds: number): Promise<DecodeRace> {
  const rivals = {
    ours: ourDecode(),
    static: treeDecode(await staticDecode()),
    reflection: treeDecode(reflectionDecode()),
  };
  const race: Record<keyof typeof rivals, number[]> = { ours: [], static: [], reflection: [] };
  for (let round = -1; round < rounds; round++) {
    for (const name of ["ours", "static", "reflection"] as const) {
      const pace = turn(bodies, rivals[name]);
      // The first round is for the compiler.
      if (round >= 0) race[name].push(pace);
    }
  }
  return race;
}

type CountSpans = (body: Uint8Array) => number;

function turn(bodies: readonly Body[], read: CountSpans): number {
  let spans = 0;
  const before = process.cpuUsage();
  for (;;) {
    for (const { bytes, spanCount } of bodies) {
      const read_ = read(bytes);
      if (read_ !== spanCount) throw new Error(`${read_} spans were read of ${spanCount}`);
      spans += spanCount;
    }
    const { user, system } = process.cpuUsage(before);
    const seconds = (user + system) / 1e6;
    if (seconds > TURN_SECONDS) return spans / seconds;
  }
}

function ourDecode(): CountSpans {
  const decoder = new OtlpDecoder({ ledger: new CountingLedger(), maxOperationsPerService: 1000 });
  return (body) => decoder.decode("traces", "protobuf", body).batch.spans.spanCount;
}

interface Tree {
  readonly scopeSpans: readonly { readonly spans: readonly unknown[] }[];
}

function treeDecode(decode: Decode): CountSpans {
  return (body) => {
    let spans = 0;
    for (const { scopeSpans } of decode(body).resourceSpans as readonly Tree[]) {
      for (const scope of scopeSpans) spans += scope.spans.length;
    }
    return spans;
  };
}
