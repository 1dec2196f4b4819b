/** Event time is shown in UTC everywhere, so that two people looking at one incident say the same time. */
const iso = (seconds: number): string | null => {
  const date = new Date(seconds * 1000);
  return Number.isFinite(date.getTime()) ? date.toISOString() : null;
};

/** `14:32:05` */
export function formatClock(seconds: number | null | undefined): string {
  return (seconds === null || seconds === undefined ? null : iso(seconds)?.slice(11, 19)) ?? "–";
}

/** `2026-08-18 14:32:05 UTC` */
export function formatMoment(seconds: number | null | undefined): string {
  const text = seconds === null || seconds === undefined ? null : iso(seconds);
  return text === null || text === undefined ? "–" : `${text.slice(0, 10)} ${text.slice(11, 19)} UTC`;
}

/** The clock alone while it is the same UTC day as `nowSeconds`, else with its date. */
export function formatSince(seconds: number, nowSeconds: number | null): string {
  const day = iso(seconds)?.slice(0, 10);
  const today = nowSeconds === null ? day : iso(nowSeconds)?.slice(0, 10);
  return day === today ? formatClock(seconds) : `${day?.slice(5) ?? "–"} ${formatClock(seconds).slice(0, 5)}`;
}

/** Machine-readable form for `<time datetime>`. */
export const isoMoment = (seconds: number): string => iso(seconds) ?? "";
