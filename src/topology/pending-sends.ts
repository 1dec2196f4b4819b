/** A message that was sent and not yet seen to be received. */
export interface PendingSend {
  /** By the sender's clock. */
  readonly sentSeconds: number;
  readonly sender: { readonly service: string; readonly instance: string; readonly version: string };
  readonly queueOperation: number;
}

/** Remembers sends until their consumers come, for a bounded time and number. */
export class PendingSends {
  #bySpan = new Map<string, PendingSend>();
  readonly #limit: number;
  readonly #keepSeconds: number;

  constructor(options: { limit: number; keepSeconds: number }) {
    this.#limit = options.limit;
    this.#keepSeconds = options.keepSeconds;
  }

  put(spanKey: string, send: PendingSend): void {
    this.#bySpan.set(spanKey, send);
    if (this.#bySpan.size > this.#limit) {
      const oldest = this.#bySpan.keys().next().value;
      if (oldest !== undefined) {
        this.#bySpan.delete(oldest);
      }
    }
  }

  /** The send of this span. It stays: several consumer groups may read one message. */
  find(spanKey: string): PendingSend | undefined {
    return this.#bySpan.get(spanKey);
  }

  forgetBefore(eventTimeSeconds: number): void {
    for (const [key, send] of this.#bySpan) {
      if (send.sentSeconds >= eventTimeSeconds - this.#keepSeconds) {
        return;
      }
      this.#bySpan.delete(key);
    }
  }

  snapshot() {
    return { bySpan: new Map(this.#bySpan) };
  }

  restore({ bySpan }: ReturnType<PendingSends["snapshot"]>): void {
    this.#bySpan = bySpan;
  }
}
