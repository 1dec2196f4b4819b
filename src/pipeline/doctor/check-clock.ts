import { performance } from "node:perf_hooks";
import { setTimeout as wait } from "node:timers/promises";

import type { Status } from "../../contracts/api.ts";
import { type Finding, fine, messageOf, warning } from "./finding.ts";
import { clockOffsetSeconds } from "./time-server.ts";

const WATCHED_MILLISECONDS = 500;
/** Slewing moves a clock by 0.5 ms a second at most; what is beyond this has jumped. */
const JUMP_SECONDS = 0.05;
const OFFSET_SECONDS_MAX = 1;
/** Spans arrive some seconds after they ended: a batch timeout, and what the network takes. */
const SPANS_BEHIND_SECONDS_MAX = 120;

/** Whether the clock runs evenly, agrees with a time server, and with the clocks of those who send spans. */
export async function checkClock(options: {
  server: Status | null;
  /** Time server to ask; null asks none. */
  timeServer: string | null;
}): Promise<readonly Finding[]> {
  const { server, timeServer } = options;
  const findings = [await evenness(), await offset(timeServer)];
  return server === null ? findings : [...findings, spanClock(server, Date.now() / 1000)];
}

async function evenness(): Promise<Finding> {
  const wall = Date.now();
  const monotonic = performance.now();
  await wait(WATCHED_MILLISECONDS);
  const jumpSeconds = (Date.now() - wall - (performance.now() - monotonic)) / 1000;
  const advice = "have one time daemon that slews (chrony, systemd-timesyncd), and no script that sets the clock";
  return Math.abs(jumpSeconds) > JUMP_SECONDS
    ? warning("clock", `the wall clock jumped by ${jumpSeconds.toFixed(3)} s within half a second`, advice)
    : fine("clock", "the wall clock runs evenly");
}

async function offset(timeServer: string | null): Promise<Finding> {
  if (timeServer === null) return fine("clock", "not held against a time server: --ntp <host> does that");
  try {
    const { offsetSeconds, roundTripSeconds } = await clockOffsetSeconds(timeServer);
    const found = `${Math.abs(offsetSeconds).toFixed(3)} s ${offsetSeconds > 0 ? "behind" : "ahead of"} ${timeServer} (round trip ${roundTripSeconds.toFixed(3)} s)`;
    const advice = "start a time daemon on this machine";
    return Math.abs(offsetSeconds) > OFFSET_SECONDS_MAX ? warning("clock", found, advice) : fine("clock", found);
  } catch (error) {
    return warning(
      "clock",
      `${timeServer} could not be asked: ${messageOf(error)}`,
      "name a time server that answers, or leave --ntp out",
    );
  }
}

/** The newest span of a running server ends about now; if not, a clock is wrong or nothing arrives. */
export function spanClock({ eventTimeSeconds }: Pick<Status, "eventTimeSeconds">, nowSeconds: number): Finding {
  if (eventTimeSeconds === null) return fine("clock", "no span has come in yet whose clock could be compared");
  const behindSeconds = nowSeconds - eventTimeSeconds;
  if (behindSeconds < -OFFSET_SECONDS_MAX) {
    const advice = "compare the clocks of the sending machines and of this one with a time server";
    return warning("clock", `the newest span ends ${(-behindSeconds).toFixed(1)} s in the future`, advice);
  }
  if (behindSeconds > SPANS_BEHIND_SECONDS_MAX) {
    const advice =
      "see whether senders still send (spantwin_spans_received_total), lag behind (a collector's queue, Kafka), or have slow clocks";
    return warning("clock", `the newest span ended ${behindSeconds.toFixed(0)} s ago`, advice);
  }
  return fine("clock", `the newest span ended ${behindSeconds.toFixed(1)} s ago`);
}
