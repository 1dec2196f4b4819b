import { parentPort, Worker } from "node:worker_threads";

const WORKERS = 2;

interface Answer<Result> {
  readonly index: number;
  readonly result: Result;
}

/**
 * Hands the numbers 0 … count − 1 to workers running `script` as they get free. The results are in that order, whoever
 * made them.
 */
export async function runInWorkers<Result>(script: URL, count: number): Promise<Result[]> {
  const results: Result[] = [];
  let next = 0;
  const runWorker = (): Promise<void> =>
    new Promise((resolve, reject) => {
      const worker = new Worker(script);
      worker.on("message", (answer: Answer<Result> | null) => {
        if (answer !== null) results[answer.index] = answer.result;
        worker.postMessage(next < count ? next++ : null);
      });
      worker.on("error", reject);
      worker.on("exit", () => resolve());
    });
  await Promise.all(Array.from({ length: WORKERS }, runWorker));
  return results;
}

/** In a worker: answers each number with what `run` makes of it, until there are no more. */
export function serveWork<Result>(run: (index: number) => Result): void {
  parentPort!.on("message", (index: number | null) => {
    if (index === null) parentPort!.close();
    else parentPort!.postMessage({ index, result: run(index) } satisfies Answer<Result>);
  });
  parentPort!.postMessage(null);
}
