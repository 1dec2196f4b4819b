import type { TrainWatch } from "../pipeline/train-order.ts";
import { Progress } from "./progress.ts";
import { TimeLeft } from "./time-left.ts";

/** Says on stderr what is read or simulated, or which epoch it is, and about how long the rest of that takes. */
export class TrainingProgressLine {
  readonly #progress: Progress;
  readonly #reading = new TimeLeft();
  readonly #training = new TimeLeft();

  constructor(options: { isQuiet: boolean }) {
    this.#progress = new Progress(options);
  }

  readonly reading: TrainWatch["onReading"] = ({ what, index, count, share }) => {
    const done = (index + share) / count;
    const left = this.#reading.text(done);
    this.#progress.show(`${index + 1}/${count} ${what}: ${Math.floor(100 * done)} % of all data${left}`);
  };

  readonly epoch: TrainWatch["onEpoch"] = ({ epoch, epochs, losses }) => {
    const [training, validation] = [losses.training, losses.validation].map((loss) => loss.toFixed(4));
    // It may stop earlier, when validation gets no better.
    const left = this.#training.text(epoch / epochs);
    this.#progress.show(`epoch ${epoch}/${epochs} at most: loss ${training}, validation ${validation}${left}`);
  };

  /** Tells a line that stays. */
  notice(text: string): void {
    this.#progress.done();
    process.stderr.write(`spantwin: ${text}\n`);
  }

  done(): void {
    this.#progress.done();
  }
}
