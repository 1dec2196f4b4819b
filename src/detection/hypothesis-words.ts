import type { Explanation } from "./diagnosis.ts";
import { duration, percent } from "./wording.ts";

/** What a fault does, with its size: "each of its calls takes 12 ms more". */
export function sizeWords({ kind, size }: Pick<Explanation, "kind" | "size">): string {
  const { value, addedSeconds } = size;
  switch (size.unit) {
    case "factor":
      return kind === "bad-replica"
        ? `work of one replica takes ${value.toFixed(1)} times as long`
        : `its own work takes ${value.toFixed(1)} times as long`;
    case "seconds":
      return `each call to it takes ${duration(value)} more`;
    case "servers":
      return `${value.toFixed(value < 10 && value % 1 !== 0 ? 1 : 0)} servers left at each replica`;
    case "share":
      return shareWords(kind, value, addedSeconds);
  }
}

function shareWords(kind: Explanation["kind"], share: number, addedSeconds: number): string {
  switch (kind) {
    case "crash":
      return `${percent(share)} of calls to it unanswered`;
    case "network-loss":
      return `${percent(share)} of calls to it sent again`;
    case "cache-miss":
      return `${percent(share)} of its visits make other calls`;
    default:
      return `standstills of ${duration(addedSeconds)} on average meet ${percent(share)} of its visits`;
  }
}

/** How much worse one explanation fits than another, from the difference of their evidence in nats. */
export function worseWords(nats: number): string {
  if (nats < Math.log(2)) return "about as well";
  const digits = nats / Math.LN10;
  return digits < 2 ? `${Math.exp(nats).toFixed(0)} times worse` : `10^${digits.toFixed(0)} times worse`;
}
