import { availableParallelism } from "node:os";
import { defineConfig } from "vitest/config";

/** Tests that start processes, a browser or the sample cluster want the machine to themselves: one file at a time. */
const alone = [
  "test/testbed/**/*.test.ts",
  "test/browser/**/*.test.ts",
  "test/demo/**/*.test.ts",
  "test/clients/**/*.test.ts",
  "test/broker/**/*.test.ts",
  "test/fault/**/*.test.ts",
];

export default defineConfig({
  test: {
    pool: "forks",
    testTimeout: 30_000,
    hookTimeout: 60_000,
    teardownTimeout: 20_000,
    maxWorkers: Math.min(2, availableParallelism()),
    projects: [
      {
        extends: true,
        test: { name: "rooms", include: ["test/**/*.test.ts"], exclude: alone, sequence: { groupOrder: 0 } },
      },
      {
        extends: true,
        test: { name: "alone", include: alone, fileParallelism: false, sequence: { groupOrder: 1 } },
      },
    ],
  },
});
