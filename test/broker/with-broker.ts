import { describe } from "vitest";
import { missingForBroker } from "./broker-files.ts";

/** Tests that need a real Kafka; where there can be none they are skipped, and their name says what is missing. */
export function describeWithBroker(name: string, tests: () => void): void {
  const missing = missingForBroker();
  describe.skipIf(missing !== null)(missing === null ? name : `${name} (skipped: ${missing})`, tests);
}
