const none = "–";

const oneOrNone = (value: number): string => (value < 9.95 ? value.toFixed(1) : value.toFixed(0));

/**
 * A duration as people say it, two or three digits: `850 µs`, `8.4 ms`, `118 ms`, `1.2 s`, `3 min 20 s`, `2 h 5 min`.
 * Absent and non-finite values are `–`.
 */
export function formatDuration(seconds: number | null | undefined): string {
  if (seconds === null || seconds === undefined || !Number.isFinite(seconds)) return none;
  if (seconds < 0) return `−${formatDuration(-seconds)}`;
  if (seconds === 0) return "0 ms";
  if (seconds < 0.000_999_5) return `${Math.max(1, Math.round(seconds * 1e6))} µs`;
  if (seconds < 0.999_5) return `${oneOrNone(seconds * 1000)} ms`;
  if (seconds < 59.5) return `${oneOrNone(seconds)} s`;
  const whole = Math.round(seconds);
  if (whole < 3600) return pair(Math.floor(whole / 60), "min", whole % 60, "s");
  const minutes = Math.round(seconds / 60);
  if (minutes < 1440) return pair(Math.floor(minutes / 60), "h", minutes % 60, "min");
  const hours = Math.round(seconds / 3600);
  return pair(Math.floor(hours / 24), "d", hours % 24, "h");
}

const pair = (major: number, majorUnit: string, minor: number, minorUnit: string): string =>
  minor === 0 ? `${major} ${majorUnit}` : `${major} ${majorUnit} ${minor} ${minorUnit}`;

/** Events per second: `0.82/s`, `23.4/s`, `1,240/s`. */
export function formatRate(perSecond: number | null | undefined): string {
  if (perSecond === null || perSecond === undefined || !Number.isFinite(perSecond)) return none;
  if (perSecond === 0) return "0/s";
  if (perSecond < 0.995) return `${perSecond.toFixed(2)}/s`;
  if (perSecond < 99.95) return `${perSecond.toFixed(1)}/s`;
  return `${formatCount(perSecond)}/s`;
}

/** A share in [0, 1] as per cent. Never says 0 % or 100 % of something that is not exactly that. */
export function formatShare(share: number | null | undefined): string {
  if (share === null || share === undefined || !Number.isFinite(share)) return none;
  const percent = share * 100;
  if (percent > 0 && percent < 0.05) return "< 0.1 %";
  if (percent < 100 && percent >= 99.5) return "> 99 %";
  if (percent < 9.95 && !Number.isInteger(percent)) return `${percent.toFixed(1).replace(".0", "")} %`;
  return `${percent.toFixed(0)} %`;
}

/** A whole number with thousands separated. */
export function formatCount(count: number | null | undefined): string {
  if (count === null || count === undefined || !Number.isFinite(count)) return none;
  return Math.round(count)
    .toString()
    .replace(/\B(?=(\d{3})+$)/g, ",");
}

/** `one` of a thing or `several` of it, with the number. */
export const plural = (count: number, one: string, several = `${one}s`): string =>
  `${formatCount(count)} ${count === 1 ? one : several}`;

/** `5.4×`; null when there is nothing to compare with. */
export function formatFactor(observed: number, expected: number): string | null {
  if (!(expected > 0) || !Number.isFinite(observed)) return null;
  const factor = observed / expected;
  return `${factor < 9.95 ? factor.toFixed(1) : factor.toFixed(0)}×`;
}
