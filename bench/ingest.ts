/**
 * How fast spans are taken in. Decoding against protobufjs (static module and reflection), and the running detector (`spantwin
 * attach` in a process of its own, twin learned, windows judged, store on disk) over OTLP/HTTP and OTLP/gRPC beside the usual
 * receiver, which decodes with protobufjs and throws away. Rivals take turns; figures are medians over rounds, per
 * processor second of the process that receives.
 *
 * Run: npm run bench:ingest [-- --spans-per-second N --rounds N --minutes N]
 * `--minutes` adds a run at that rate by the clock, for the course of memory. The last line is one JSON object.
 */

import { loadavg } from "node:os";
import { parseArgs } from "node:util";
import { cluster, spansPerRequest } from "./ingest/cluster.ts";
import { raceDecoders } from "./ingest/decode-race.ts";
import { Playback } from "./ingest/playback.ts";
import { memoryCourse, raceReceivers, windowCpuSeconds } from "./ingest/send-race.ts";
import { type Cycle, recordCycle } from "./ingest/span-bodies.ts";

const SEED = 7;
const WINDOW_SECONDS = 5;
const SPANS_PER_BODY = 512;
/** Spans that are made and then played round and round. */
const CYCLE_SPANS = 120_000;
const DECODED_BODIES = 64;
const DECODE_ROUNDS = 9;

const { values } = parseArgs({
  options: {
    "spans-per-second": { type: "string", default: "100000" },
    rounds: { type: "string", default: "3" },
    minutes: { type: "string", default: "0" },
  },
});
const spansPerSecond = count("--spans-per-second", values["spans-per-second"], 1000);
const rounds = count("--rounds", values.rounds, 1);
const minutes = count("--minutes", values.minutes, 0);
const load = loadavg()[0]!;
const tell = (line: string): void => console.log(line);

const cycle = cycleAt(spansPerSecond);
const bytesPerSpan = cycle.bodies.reduce((sum, { bytes }) => sum + bytes.length, 0) / cycle.spanCount;
tell(
  `${cycle.bodies.length} bodies of ${SPANS_PER_BODY} spans, ${bytesPerSpan.toFixed(0)} bytes a span; load average ${load.toFixed(1)}`,
);
const decode = await raceDecoders(cycle.bodies.slice(0, DECODED_BODIES), DECODE_ROUNDS);
tell(
  `decode, thousand spans a CPU second: ours ${thousands(decode.ours)}, protobufjs static ${thousands(decode.static)}, ` +
    `reflection ${thousands(decode.reflection)}`,
);
const spansPerWindow = WINDOW_SECONDS * spansPerSecond;
const send = await raceReceivers({ playback: new Playback(cycle), spansPerWindow, rounds, tell });
const cpuByRate: Record<string, number> = { [spansPerSecond]: round(spansPerWindow / median(send.http)) };
for (const rate of [spansPerSecond / 2, spansPerSecond / 4]) {
  cpuByRate[rate] = round(await windowCpuSeconds(new Playback(cycleAt(rate)), WINDOW_SECONDS * rate));
}
tell(`CPU seconds for a window of ${WINDOW_SECONDS} s by spans a second: ${JSON.stringify(cpuByRate)}`);
const memory = await memoryCourse({
  playback: new Playback(cycle),
  spansPerWindow,
  windowSeconds: WINDOW_SECONDS,
  minutes,
  tell,
});
console.log(
  JSON.stringify({
    decodeRatioToProtobufjs: round(medianRatio(decode.ours, decode.static)),
    httpSpansPerSecondPerCore: Math.round(median(send.http)),
    grpcSpansPerSecondPerCore: Math.round(median(send.grpc)),
    rssMiB: Math.round(send.rssMiB),
    decodeRatioToReflection: round(medianRatio(decode.ours, decode.reflection)),
    decodeSpansPerSecond: Math.round(median(decode.ours)),
    usualHttpSpansPerSecondPerCore: Math.round(median(send.usualHttp)),
    usualGrpcSpansPerSecondPerCore: Math.round(median(send.usualGrpc)),
    spansPerSecond,
    windowsJudged: send.windowsJudged,
    countedOnlyShare: round(send.unusedShare),
    windowCpuSecondsByRate: cpuByRate,
    rssSlopePercentPerHour: minutes < 2 ? null : round(slopePercentPerHour(memory)),
    loadAverage: round(load),
  }),
);

function cycleAt(rate: number): Cycle {
  const requestsPerSecond = rate / spansPerRequest(cluster(1, SEED));
  return recordCycle(cluster(requestsPerSecond, SEED), {
    requestsPerSecond,
    seconds: CYCLE_SPANS / rate,
    spansPerBody: SPANS_PER_BODY,
    seed: SEED,
  });
}

function count(key: string, text: string, least: number): number {
  const value = Number(text);
  if (Number.isInteger(value) && value >= least) return value;
  process.stderr.write(`ingest: ${key}: ${text} must be an integer from ${least}\n`);
  process.exit(2);
}

function median(course: readonly number[]): number {
  const sorted = [...course].sort((a, b) => a - b);
  return sorted[sorted.length >> 1] ?? Number.NaN;
}

/** Of the ratios of rounds, in which both did their turns one after the other. */
function medianRatio(ours: readonly number[], theirs: readonly number[]): number {
  return median(ours.map((own, k) => own / theirs[k]!));
}

function thousands(course: readonly number[]): string {
  return (median(course) / 1000).toFixed(0);
}

/** Least squares over minutes, of the mean. */
function slopePercentPerHour(course: readonly number[]): number {
  const middle = (course.length - 1) / 2;
  const mean = course.reduce((sum, each) => sum + each / course.length, 0);
  const up = course.reduce((sum, each, k) => sum + (k - middle) * (each - mean), 0);
  const down = course.reduce((sum, _, k) => sum + (k - middle) ** 2, 0);
  return (60 * 100 * up) / down / mean;
}

function round(value: number): number {
  return Number(value.toPrecision(3));
}
