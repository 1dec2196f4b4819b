import { parentPort, workerData } from "node:worker_threads";
import { type JudgeOrder, type JudgeOutcome, judgeLabelled } from "./judge-labelled.ts";

/** What the worker says: how many windows it has judged, and at its end what it made of them. */
export type JudgeNews = { readonly windows: number } | { readonly outcome: JudgeOutcome };

const port = parentPort!;
const outcome = await judgeLabelled(
  workerData as JudgeOrder,
  (windows) => port.postMessage({ windows } satisfies JudgeNews),
  new AbortController().signal,
);
port.postMessage({ outcome } satisfies JudgeNews);
