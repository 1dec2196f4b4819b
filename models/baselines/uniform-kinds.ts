import { FAULT_KINDS } from "../../src/contracts/score.ts";

/** Kind probabilities of a scorer that cannot tell kinds apart. */
export const UNIFORM_KINDS: readonly number[] = FAULT_KINDS.map(() => 1 / FAULT_KINDS.length);
