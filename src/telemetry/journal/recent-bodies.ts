import { type Fingerprint, fingerprintKey } from "./fingerprint.ts";
import type { RecordHeader } from "./record.ts";

/** Senders that were not answered try again for up to five minutes (the collector's default, `max_elapsed_time`). */
export const RESEND_SECONDS = 300;
const MAX_BODIES = 200_000;

/** A body that came before. */
export interface KnownBody {
  /** Settles as the first one's acknowledgement does. */
  readonly kept: Promise<void>;
  readonly itemCount: number;
  readonly rejectedCount: number;
}

interface Remembered extends KnownBody {
  readonly atSeconds: number;
}

const KEPT = Promise.resolve();

/**
 * Fingerprints of the bodies of the last five minutes, so that a body that is sent again, because its sender never heard that
 * it had arrived, is taken in once. At most `maxBodies` are remembered.
 */
export class RecentBodies {
  readonly #byKey = new Map<string, Remembered>();
  readonly #maxBodies: number;
  #forgottenEarly = 0;

  constructor(maxBodies = MAX_BODIES) {
    this.#maxBodies = maxBodies;
  }

  get size(): number {
    return this.#byKey.size;
  }

  /** Bodies that had to go before their five minutes were over. */
  get forgottenEarly(): number {
    return this.#forgottenEarly;
  }

  find(fingerprint: Fingerprint, nowSeconds: number): KnownBody | null {
    const known = this.#byKey.get(fingerprintKey(fingerprint));
    return known !== undefined && known.atSeconds > nowSeconds - RESEND_SECONDS ? known : null;
  }

  /** A body whose `kept` rejects was never taken, so it is new when it comes again. */
  remember(fingerprint: Fingerprint, atSeconds: number, body: KnownBody): void {
    const key = fingerprintKey(fingerprint);
    const entry = { ...body, atSeconds };
    this.#byKey.delete(key);
    this.#byKey.set(key, entry);
    body.kept.catch(() => {
      if (this.#byKey.get(key) === entry) this.#byKey.delete(key);
    });
    this.#forget(atSeconds);
  }

  /** One that an earlier process took in: what it had refused of it is not known any more. */
  restore({ fingerprint, receivedSeconds, itemCount }: RecordHeader): void {
    this.remember(fingerprint, receivedSeconds, { kept: KEPT, itemCount, rejectedCount: 0 });
  }

  #forget(nowSeconds: number): void {
    for (const [key, { atSeconds }] of this.#byKey) {
      const isOld = atSeconds <= nowSeconds - RESEND_SECONDS;
      if (!isOld && this.#byKey.size <= this.#maxBodies) return;
      if (!isOld) this.#forgottenEarly += 1;
      this.#byKey.delete(key);
    }
  }
}
