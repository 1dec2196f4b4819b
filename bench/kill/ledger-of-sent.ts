import { join } from "node:path";
import { type Fingerprint, fingerprintKey, fingerprintOf } from "../../src/telemetry/journal/fingerprint.ts";
import { journalRecords } from "../../src/telemetry/journal/journal-reader.ts";

/** What became of the bodies that were acknowledged. */
export interface Verdict {
  readonly acknowledged: number;
  readonly lost: number;
  readonly doubled: number;
}

/** Remembers what was acknowledged, to be held against the journal. */
export class SentLedger {
  readonly #acknowledged = new Map<string, number>();

  acknowledge(bytes: Uint8Array): void {
    this.#acknowledged.set(fingerprintKey(fingerprintOf(bytes)), 0);
  }

  async holdAgainst(dataDirectory: string): Promise<Verdict> {
    const count = (fingerprint: Fingerprint): void => {
      const key = fingerprintKey(fingerprint);
      const seen = this.#acknowledged.get(key);
      if (seen !== undefined) this.#acknowledged.set(key, seen + 1);
    };
    for await (const { fingerprint } of journalRecords(join(dataDirectory, "journal"))) count(fingerprint);
    const counts = [...this.#acknowledged.values()];
    return {
      acknowledged: counts.length,
      lost: counts.filter((times) => times === 0).length,
      doubled: counts.filter((times) => times > 1).length,
    };
  }
}
