import { z } from "zod";

import type { Settings, TimeRange } from "../contracts/settings.ts";
import { TIME_RANGE_RULE, timeRangeOf } from "./time-range.ts";

type Value = Settings[keyof Settings];

/** All there is to know of one setting. What a user may read about it (`rule`) is made from what is enforced. */
export interface Setting<Kept extends Value = Value> {
  readonly defaultValue: Kept;
  /** Empty for names and choices. */
  readonly unit: string;
  /** What a value has to be, to follow "must be". */
  readonly rule: string;
  /** One sentence for `--help` and the documentation. */
  readonly description: string;
  /** How a text from the environment or a flag is to be read. */
  readonly reads: "number" | "text" | "list";
  readonly schema: z.ZodType<Kept>;
  /** For what may hold a password: a refused text as it may be shown. */
  readonly shown?: (text: string) => string;
}

interface Numeric {
  readonly defaultValue: number;
  readonly unit: string;
  readonly min: number;
  readonly max: number;
  readonly description: string;
}

export function timeRanges(options: { description: string }): Setting<readonly TimeRange[]> {
  const rule = TIME_RANGE_RULE;
  const range = z.string(rule).transform((text, context): TimeRange => {
    const read = timeRangeOf(text);
    if (read === null) {
      context.addIssue({ code: "custom", message: rule });
      return z.NEVER;
    }
    return read;
  });
  const schema = z.array(range, rule);
  return { ...options, defaultValue: [], unit: "", rule, reads: "list", schema };
}

export function origins(options: { description: string }): Setting<readonly string[]> {
  const rule = "origins such as https://shop.example:8443, without a path and never *";
  const isOrigin = (value: string) => URL.canParse(value) && new URL(value).origin === value;
  const schema = z.array(z.string(rule).trim().refine(isOrigin, rule), rule);
  return { ...options, defaultValue: [], unit: "", rule, reads: "list", schema };
}

export function pemFile(description: string): Setting<string> {
  return text({ defaultValue: "", rule: "a PEM file, or nothing", pattern: /^(|.*\S.*)$/, description });
}

export function integer(numeric: Numeric): Setting<number> {
  return bounded(numeric, "an integer", (error) => z.int(error));
}

export function number(numeric: Numeric): Setting<number> {
  return bounded(numeric, "a number", (error) => z.number(error));
}

export function probability(options: { defaultValue: number; description: string }): Setting<number> {
  const rule = "a number above 0, up to 1";
  const schema = z.number(rule).positive(rule).max(1, rule);
  return { ...options, unit: "", rule, reads: "number", schema };
}

function bounded(numeric: Numeric, kind: string, base: (error: string) => z.ZodNumber): Setting<number> {
  const { defaultValue, unit, min, max, description } = numeric;
  const rule = `${kind} from ${min} to ${max}`;
  const schema = base(rule).min(min, rule).max(max, rule);
  return { defaultValue, unit, rule, description, reads: "number", schema };
}

export function text(options: {
  defaultValue: string;
  rule: string;
  pattern: RegExp;
  description: string;
}): Setting<string> {
  const { defaultValue, rule, pattern, description } = options;
  return { defaultValue, unit: "", rule, description, reads: "text", schema: z.string(rule).regex(pattern, rule) };
}

export function choice<const Choice extends string>(options: {
  defaultValue: NoInfer<Choice>;
  choices: readonly [Choice, ...Choice[]];
  description: string;
}): Setting<Choice & Value> {
  const { defaultValue, choices, description } = options;
  const rule = `one of ${choices.join(", ")}`;
  const schema = z.enum(choices, rule) as unknown as z.ZodType<Choice & Value>;
  return { defaultValue: defaultValue as Choice & Value, unit: "", rule, description, reads: "text", schema };
}

/** Texts, each of which has to match; parted by commas where only one line of text can be given. */
export function texts(options: {
  defaultValue: readonly string[];
  rule: string;
  pattern: RegExp;
  description: string;
}): Setting<readonly string[]> {
  const { defaultValue, rule, pattern, description } = options;
  const schema = z.array(z.string(rule).trim().regex(pattern, rule), rule);
  return { defaultValue, unit: "", rule, description, reads: "list", schema };
}
