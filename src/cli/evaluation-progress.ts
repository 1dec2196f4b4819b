import type { EvaluationProgress } from "../pipeline/evaluate.ts";
import { Progress } from "./progress.ts";

/** Says on stderr which recording is judged, how much of all is done, and about how long the rest takes. */
export class EvaluationProgressLine {
  readonly #progress: Progress;
  readonly #begunMillis = performance.now();

  constructor(options: { isQuiet: boolean }) {
    this.#progress = new Progress(options);
  }

  readonly show = ({ recording, index, count, doneShare }: EvaluationProgress): void => {
    const elapsedSeconds = (performance.now() - this.#begunMillis) / 1000;
    const leftSeconds = doneShare > 0 ? (elapsedSeconds * (1 - doneShare)) / doneShare : Number.NaN;
    const left = Number.isFinite(leftSeconds) ? `, about ${Math.ceil(leftSeconds)} s left` : "";
    this.#progress.show(`${index + 1}/${count} ${recording.name}: ${Math.floor(100 * doneShare)} % of all${left}`);
  };

  done(): void {
    this.#progress.done();
  }
}
