import { Fleet, type FleetOptions } from "./fleet.ts";
import { type SessionOptions, startSession } from "./session.ts";

export type SupervisorOptions = SessionOptions & Omit<FleetOptions, "onLoss">;

/** How a run ended. Not good: a process could not start or was lost without being told to. */
export interface RunEnd {
  readonly reason: string;
  readonly isGood: boolean;
}

/**
 * Runs the testbed until its schedule is over, `signal` aborts (its reason is told) or a process is lost. Resolves once
 * nothing of it is left.
 */
export async function superviseTestbed(options: SupervisorOptions, signal: AbortSignal): Promise<RunEnd> {
  const ending = Promise.withResolvers<RunEnd>();
  const end = (reason: string, isGood: boolean) => ending.resolve({ reason, isGood });
  signal.addEventListener("abort", () => end(String(signal.reason), true), { once: true });
  const fleet = new Fleet({ ...options, onLoss: (member, reason) => end(`${member} ${reason}`, false) });
  let endSession = () => {};
  try {
    await Promise.race([fleet.start(), ending.promise]);
    if (!signal.aborted) endSession = await startSession(options, fleet, () => end("the schedule is over", true));
    return await ending.promise;
  } catch (error) {
    return { reason: (error as Error).message, isGood: false };
  } finally {
    endSession();
    await fleet.stop();
  }
}
