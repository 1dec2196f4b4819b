import type { Bottleneck, OperationAnswer, Unidentified, WhatIfAnswer } from "../../src/contracts/what-if.ts";
import { bottleneckName, counted, digits, duration, structureText } from "./wording.ts";

/** Less than this is no change anybody would act on. */
const SMALL_SHARE = 0.03;
/** More changes than this are counted, not listed. */
const CHANGES_LISTED = 2;
/** Structures that are not known get into the sentence when they move the answer by more than this ratio. */
const DOUBTFUL_RATIO = 1.2;

/** The entry operation whose p95 the changes move most by proportion, upwards rather than downwards; its index, or −1. */
export function mostMoved(operations: readonly OperationAnswer[]): number {
  let most = -1;
  let largest = Number.NEGATIVE_INFINITY;
  operations.forEach(({ isEntry, p95Seconds: { before, after } }, index) => {
    if (!isEntry || before === null || after === null) {
      return;
    }
    const moved = Math.log(after[1] / before[1]);
    const size = moved > 0 ? moved + 1 : -moved;
    if (size > largest) {
      largest = size;
      most = index;
    }
  });
  return most;
}

/** The answer in one sentence. */
export function verdictOf(answer: Omit<WhatIfAnswer, "verdict">): string {
  const operation = answer.operations[mostMoved(answer.operations)];
  const parts = [`With ${changesInShort(answer.changes)} ${movement(answer, operation)}`];
  return [...parts, ...limits(answer), ...remedies(answer), ...doubts(answer, operation)].join("; ").concat(".");
}

function changesInShort(changes: readonly string[]): string {
  if (changes.length === 0) {
    return "nothing changed";
  }
  return changes.length > CHANGES_LISTED ? `these ${changes.length} changes` : listed(changes);
}

function movement(answer: Omit<WhatIfAnswer, "verdict">, operation: OperationAnswer | undefined): string {
  const { bottleneck } = answer.saturation.after;
  if (answer.isOverloaded.after && bottleneck?.isAwaited === true) {
    const rises =
      operation === undefined ? "" : `, so latency of ${operation.operation} rises for as long as that lasts`;
    return `${overload(answer, bottleneck)}${rises}`;
  }
  if (operation === undefined) {
    return "no request gets through";
  }
  const { before, after, difference } = operation.p95Seconds;
  if (before === null || after === null) {
    return `no request of ${operation.operation} gets through`;
  }
  const of = `p95 of ${operation.operation}`;
  const isSmall = Math.abs(after[1] - before[1]) <= SMALL_SHARE * before[1];
  if (isSmall || difference === null || (difference[0] <= 0 && difference[2] >= 0)) {
    return `${of} stays about ${duration(before[1])}${failures(operation)}`;
  }
  const range = `${duration(after[0])} to ${duration(after[2])}`;
  return `${of} goes from ${duration(before[1])} to ${duration(after[1])} (${range})${failures(operation)}`;
}

function overload(answer: Omit<WhatIfAnswer, "verdict">, bottleneck: Bottleneck): string {
  const rate = answer.saturation.after.ratePerSecond[1];
  const why =
    rate === null
      ? ""
      : `: it saturates at ${digits(rate)} requests/s and ${digits(answer.requestsPerSecond.after)} come`;
  return `${bottleneckName(bottleneck)} cannot keep up${why}`;
}

function failures(operation: OperationAnswer): string {
  const before = operation.failureShare.before?.[1] ?? 0;
  const after = operation.failureShare.after?.[1] ?? 0;
  return after > before + 0.001 ? ` and ${digits(after * 100)} % of its requests fail` : "";
}

function limits(answer: Omit<WhatIfAnswer, "verdict">): string[] {
  const { bottleneck, ratePerSecond } = answer.saturation.after;
  if (bottleneck === null || ratePerSecond[1] === null) {
    return [];
  }
  if (!answer.isOverloaded.after) {
    return [`${bottleneckName(bottleneck)} saturates first, at ${digits(ratePerSecond[1])} requests/s`];
  }
  return bottleneck.isAwaited ? [] : [`${overload(answer, bottleneck)}, though no request waits for it`];
}

function remedies({ remedy }: Omit<WhatIfAnswer, "verdict">): string[] {
  if (remedy === null) {
    return [];
  }
  const noun = remedy.verb === "pool" ? "connection" : remedy.verb.slice(0, -1);
  const place = remedy.to === null ? `at ${remedy.service}` : `from ${remedy.service} to ${remedy.to}`;
  const what = counted(remedy.count, noun, place);
  return [`with ${what} p95 of ${remedy.operation} would be ${duration(remedy.p95Seconds)}`];
}

function doubts(answer: Omit<WhatIfAnswer, "verdict">, operation: OperationAnswer | undefined): string[] {
  const range = operation?.p95OverStructuresSeconds ?? null;
  if (answer.unidentified.length === 0 || range === null || !(range[1] > DOUBTFUL_RATIO * range[0])) {
    return [];
  }
  const names = answer.unidentified.slice(0, 3).map((each) => each.service);
  const between = `${duration(range[0])} and ${duration(range[1])}`;
  return [
    `not yet identifiable: the answer leans on ${listed(names)}; under all plausible structures that p95 is between ${between}`,
  ];
}

/** What the reader should know of a station that is not known: for the table below the sentence. */
export function doubtText({ service, structures, operation, p95Seconds }: Unidentified): string {
  const among = structures.map(structureText).join(" or ");
  return `${service} is not yet identifiable (${among}): p95 of ${operation} between ${duration(p95Seconds[0])} and ${duration(p95Seconds[1])}`;
}

function listed(names: readonly string[]): string {
  return names.length < 2 ? names.join("") : `${names.slice(0, -1).join(", ")} and ${names.at(-1)}`;
}
