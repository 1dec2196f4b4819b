import { DetectorProcess, type Vitals } from "./detector-process.ts";
import type { Playback } from "./playback.ts";
import { RivalProcess } from "./rival-process.ts";
import { grpcSender, httpSender, type Sender } from "./senders.ts";

/** Windows until verdicts are given, and until learning goes on with the delay set below: start-up, learning, delay. */
const WARM_UP_WINDOWS = 16;
/** From one calibration of the twin to the next, so that each turn has one. */
const WINDOWS_A_TURN = 6;
/** A demo's minute would be twelve windows of warm-up more; what a window costs is the same. */
const FLAGS = ["--learning-delay-seconds", "15"];

export interface SendRace {
  /** Spans per processor second of the receiving process, by round. */
  readonly http: readonly number[];
  readonly grpc: readonly number[];
  readonly usualHttp: readonly number[];
  readonly usualGrpc: readonly number[];
  /** Largest resident memory of the detector that was seen once it judged. */
  readonly rssMiB: number;
  readonly windowsJudged: number;
  /** Share of the spans that were counted, but not looked at one by one, or lost. */
  readonly unusedShare: number;
}

/**
 * Sends traffic at a rate of event time, as fast as it is taken, to the running detector and to the usual receiver that does
 * nothing with it, over HTTP and gRPC in turn.
 */
export async function raceReceivers(options: {
  readonly playback: Playback;
  readonly spansPerWindow: number;
  readonly rounds: number;
  readonly tell: (line: string) => void;
}): Promise<SendRace> {
  const { playback, spansPerWindow, rounds, tell } = options;
  const detector = await DetectorProcess.start({ flags: FLAGS });
  const rival = await RivalProcess.start();
  const race = { http: [] as number[], grpc: [] as number[], usualHttp: [] as number[], usualGrpc: [] as number[] };
  let rssMiB = 0;
  const sendSome = async (sender: Sender, windows: number): Promise<void> => {
    try {
      // A window at a time: memory is looked at in between.
      for (let window = 0; window < windows; window++) {
        await playback.send(sender, spansPerWindow);
        rssMiB = Math.max(rssMiB, (await detector.vitals()).rssMiB);
      }
    } finally {
      sender.close();
    }
  };
  const turn = async (of: DetectorProcess | RivalProcess, sender: Sender, windows: number): Promise<number> => {
    const before = await of.vitals();
    await sendSome(sender, windows);
    const after = await of.vitals();
    return (after.spans - before.spans) / (after.cpuSeconds - before.cpuSeconds);
  };
  try {
    await sendSome(httpSender(detector.httpPort), WARM_UP_WINDOWS);
    rssMiB = 0;
    const warm = await detector.vitals();
    if (!warm.isWatching) throw new Error(`the detector does not judge after ${WARM_UP_WINDOWS} windows`);
    for (let round = 0; round < rounds; round++) {
      race.http.push(await turn(detector, httpSender(detector.httpPort), WINDOWS_A_TURN));
      race.usualHttp.push(await turn(rival, httpSender(rival.httpPort), 1));
      tell(turnText(round, "HTTP", race.http, race.usualHttp));
      race.grpc.push(await turn(detector, grpcSender(detector.grpcPort), WINDOWS_A_TURN));
      race.usualGrpc.push(await turn(rival, grpcSender(rival.grpcPort), 1));
      tell(turnText(round, "gRPC", race.grpc, race.usualGrpc));
    }
    const end = await detector.vitals();
    return { ...race, rssMiB, windowsJudged: end.windows - warm.windows, unusedShare: unusedShare(warm, end) };
  } finally {
    rival.stop();
    await detector.stop();
  }
}

function unusedShare(before: Vitals, after: Vitals): number {
  return (after.lost - before.lost) / (after.spans - before.spans);
}

function turnText(round: number, name: string, ours: readonly number[], usual: readonly number[]): string {
  const last = (course: readonly number[]): string => `${(course.at(-1)! / 1000).toFixed(0)} k`;
  return `round ${round + 1}, ${name}: ${last(ours)} spans a CPU second, the usual receiver ${last(usual)}`;
}

/** Processor time of a whole window at this rate, of a detector that judges, in seconds; mean over one turn. */
export async function windowCpuSeconds(playback: Playback, spansPerWindow: number): Promise<number> {
  const detector = await DetectorProcess.start({ flags: FLAGS });
  const sender = httpSender(detector.httpPort);
  try {
    await playback.send(sender, WARM_UP_WINDOWS * spansPerWindow);
    const before = await detector.vitals();
    await playback.send(sender, WINDOWS_A_TURN * spansPerWindow);
    const after = await detector.vitals();
    return (after.cpuSeconds - before.cpuSeconds) / (after.windows - before.windows);
  } finally {
    sender.close();
    await detector.stop();
  }
}

/** Resident memory once a minute while the detector is sent traffic at the rate of a clock, MiB; after its warm-up. */
export async function memoryCourse(options: {
  readonly playback: Playback;
  readonly spansPerWindow: number;
  readonly windowSeconds: number;
  readonly minutes: number;
  readonly tell: (line: string) => void;
}): Promise<number[]> {
  const { playback, spansPerWindow, windowSeconds, minutes, tell } = options;
  const detector = await DetectorProcess.start({ flags: FLAGS });
  const sender = httpSender(detector.httpPort);
  const rss: number[] = [];
  try {
    await playback.send(sender, WARM_UP_WINDOWS * spansPerWindow);
    for (let minute = 0; minute < minutes; minute++) {
      const until = performance.now() + 60_000;
      while (performance.now() < until) {
        const begun = performance.now();
        await playback.send(sender, spansPerWindow);
        const restMs = Math.max(0, 1000 * windowSeconds - (performance.now() - begun));
        // Connections are kept for five seconds only.
        await new Promise((resolve) => setTimeout(resolve, restMs));
      }
      rss.push((await detector.vitals()).rssMiB);
      tell(`minute ${minute + 1}: ${rss.at(-1)!.toFixed(0)} MiB`);
    }
    return rss;
  } finally {
    sender.close();
    await detector.stop();
  }
}
