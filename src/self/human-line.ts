interface Entry {
  readonly level: number;
  readonly time: string;
  readonly msg: string;
  readonly error?: { readonly message?: string };
  readonly [field: string]: unknown;
}

const DIM = "\u001b[2m";
const RESET = "\u001b[0m";
const LEVELS = [
  { from: 50, name: "error", colour: "\u001b[31m" },
  { from: 40, name: "warn ", colour: "\u001b[33m" },
  { from: 30, name: "info ", colour: "" },
  { from: 0, name: "debug", colour: DIM },
] as const;

/** One line of JSON log as one line for a person: time, level, message, then the fields as `name=value`. */
export function humanLine(json: string, hasColour: boolean): string {
  const { level, time, msg, error, ...fields } = JSON.parse(json) as Entry;
  const { name, colour } = LEVELS.find((candidate) => level >= candidate.from) ?? LEVELS[2];
  const reason = error?.message === undefined ? "" : `: ${error.message}`;
  const rest = Object.entries(fields).map(([field, value]) => ` ${field}=${textOf(value)}`);
  const clock = time.slice(11, 19);
  const said = oneLine(`${msg}${reason}${rest.join("")}`);
  return hasColour ? `${DIM}${clock}${RESET} ${colour}${name}${RESET} ${said}\n` : `${clock} ${name} ${said}\n`;
}

function textOf(value: unknown): string {
  return typeof value === "string" ? value : JSON.stringify(value);
}

/** Names come from other people's telemetry: a line break or a terminal's control code must not pass for our own line. */
function oneLine(text: string): string {
  return text.replace(/[\p{Cc}\p{Cf}\u2028\u2029]+/gu, " ");
}
