import { Worker } from "node:worker_threads";
import { SourceError } from "../contracts/errors.ts";
import type { JudgeOrder, JudgeOutcome } from "./judge-labelled.ts";
import type { JudgeNews } from "./judge-worker.ts";

/**
 * Judges recordings in threads of their own, so many at once; outcomes are in the order of the orders, and the same as
 * when one is judged after the other.
 *
 * @throws {Error} the first of any worker; the others are stopped. @throws {SourceError} when it is stopped.
 */
export async function judgeInWorkers(
  orders: readonly JudgeOrder[],
  workerCount: number,
  onWindow: (index: number, windows: number) => void,
  signal: AbortSignal,
): Promise<JudgeOutcome[]> {
  const outcomes: JudgeOutcome[] = [];
  const failed = new AbortController();
  const either = AbortSignal.any([signal, failed.signal]);
  let next = 0;
  const judgeSome = async (): Promise<void> => {
    while (next < orders.length) {
      const index = next++;
      outcomes[index] = await judgeInWorker(orders[index]!, (windows) => onWindow(index, windows), either);
    }
  };
  try {
    await Promise.all(Array.from({ length: Math.min(workerCount, orders.length) }, judgeSome));
  } catch (error) {
    failed.abort();
    throw error;
  }
  return outcomes;
}

function judgeInWorker(
  order: JudgeOrder,
  onWindow: (windows: number) => void,
  signal: AbortSignal,
): Promise<JudgeOutcome> {
  return new Promise((resolve, reject) => {
    const stopped = new SourceError(`stopped while judging ${order.recording.name}`, { retriable: true });
    if (signal.aborted) {
      reject(stopped);
      return;
    }
    const worker = new Worker(new URL("./judge-worker.ts", import.meta.url), { workerData: order });
    const stop = (): void => {
      reject(stopped);
      void worker.terminate();
    };
    signal.addEventListener("abort", stop, { once: true });
    worker.on("message", (news: JudgeNews) => {
      if ("windows" in news) onWindow(news.windows);
      else resolve(news.outcome);
    });
    worker.on("error", reject);
    worker.on("exit", (code) => {
      signal.removeEventListener("abort", stop);
      reject(new Error(`the worker judging ${order.recording.name} ended early, with code ${code}`));
    });
  });
}
