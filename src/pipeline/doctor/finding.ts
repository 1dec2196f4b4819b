/** What one check found. A failure keeps the program from its work; a warning will hurt later, or under load. */
export interface Finding {
  /** What was looked at: `settings`, `port otlpGrpcPort`, `disk`. */
  readonly subject: string;
  readonly state: "ok" | "warning" | "failure";
  /** One sentence, with the figures. */
  readonly found: string;
  /** What to do; "" when nothing has to be done. */
  readonly advice: string;
}

export const fine = (subject: string, found: string): Finding => ({ subject, state: "ok", found, advice: "" });

export const warning = (subject: string, found: string, advice: string): Finding => {
  return { subject, state: "warning", found, advice };
};

export const failure = (subject: string, found: string, advice: string): Finding => {
  return { subject, state: "failure", found, advice };
};

/** 1536 → "1.5 KiB". */
export function bytesText(bytes: number): string {
  const units = ["B", "KiB", "MiB", "GiB", "TiB"];
  const step = Math.min(units.length - 1, Math.max(0, Math.floor(Math.log2(Math.max(1, bytes)) / 10)));
  const value = bytes / 1024 ** step;
  return `${step === 0 || value >= 100 ? Math.round(value) : value.toFixed(1)} ${units[step]}`;
}

export function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
