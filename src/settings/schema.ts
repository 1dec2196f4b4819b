import { z } from "zod";

import type { PostgresAddress, Settings, TimeRange } from "../contracts/settings.ts";
import { hidePassword, postgresAddressOf, STORE_URL_RULE } from "./store-url.ts";
import { TIME_RANGE_RULE, timeRangeOf } from "./time-range.ts";

export type SettingKey = keyof Settings;
type Value = Settings[SettingKey];

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

const port = { unit: "port", min: 0, max: 65_535 };

/** Every setting, in the order in which they are shown. */
export const SETTINGS: { readonly [Key in SettingKey]: Setting<Settings[Key]> } = {
  host: text({
    defaultValue: "127.0.0.1",
    rule: "an IP address or host name",
    pattern: /^[\w.:%-]+$/,
    description: "Address all listeners bind to; 127.0.0.1 keeps them private to this machine, 0.0.0.0 opens them.",
  }),
  apiPort: integer({
    ...port,
    defaultValue: 7171,
    description: "Port of the page and the HTTP API; 0 takes a free one.",
  }),
  otlpGrpcPort: integer({
    ...port,
    defaultValue: 4317,
    description: "Port that receives OTLP/gRPC; 0 takes a free one.",
  }),
  otlpHttpPort: integer({
    ...port,
    defaultValue: 4318,
    description: "Port that receives OTLP/HTTP; 0 takes a free one.",
  }),
  dataDirectory: text({
    defaultValue: "spantwin-data",
    rule: 'a directory, or ":memory:" to keep nothing',
    pattern: /\S/,
    description: "Where incidents, series and evidence are kept.",
  }),
  storeUrl: storeUrl({
    description:
      "PostgreSQL that keeps incidents, series and evidence instead of the data directory; needed with several processes.",
  }),
  seed: integer({
    defaultValue: 1,
    unit: "",
    min: 0,
    max: 4_294_967_295,
    description: "Seed of every random stream: same data and same seed give the same verdicts.",
  }),
  windowSeconds: number({
    defaultValue: 5,
    unit: "s",
    min: 1,
    max: 300,
    description: "Length of the windows of event time that are judged one by one.",
  }),
  latenessSeconds: number({
    defaultValue: 3,
    unit: "s",
    min: 0,
    max: 300,
    description: "How long after its event time a span may arrive and still count in its window.",
  }),
  samplingProbability: probability({
    defaultValue: 1,
    description:
      "Probability with which traces were kept, for spans that do not say it (tracestate ot=th, sampling.probability).",
  }),
  learningWindows: integer({
    defaultValue: 9,
    unit: "windows",
    min: 1,
    max: 10_000,
    description: "Clean windows the twin learns from before verdicts are given.",
  }),
  learningDelaySeconds: number({
    defaultValue: 60,
    unit: "s",
    min: 0,
    max: 3600,
    description:
      "How long a window waits before it is learned from, so that an incident found in between takes it out; the default keeps pace with a demo of minutes, 900 suits production.",
  }),
  exclude: timeRanges({
    description: "Times that are never learned from (an outage, a load test); windows in them are judged all the same.",
  }),
  driftBudget: number({
    defaultValue: 0.15,
    unit: "of the mean service time",
    min: 0.01,
    max: 10,
    description:
      "How far a service may slow down or speed up in a week without a deployment and still be learned; what is beyond stays visible as drift.",
  }),
  replicates: integer({
    defaultValue: 19,
    unit: "simulations",
    min: 2,
    max: 200,
    description: "How often the twin simulates each window; more make the predicted band finer and cost more time.",
  }),
  falseAlarmsPerWeek: number({
    defaultValue: 1,
    unit: "incidents a week",
    min: 0.001,
    max: 10_000,
    description:
      "False alarms you can live with: so many incidents may open in a week in which nothing is wrong. Fewer take longer to find a fault.",
  }),
  scorer: choice({
    defaultValue: "model",
    choices: ["model", "twin-residual", "n-sigma", "robust", "ewma", "slo-burn", "crude", "dummy"],
    description: "What turns residuals into fault probabilities: the shipped model, or a baseline to compare it with.",
  }),
  model: text({
    defaultValue: "shipped",
    rule: 'an artifact that `spantwin train` wrote, or "shipped"',
    pattern: /\S/,
    description: "The model, where the scorer is one. If it cannot be used, the shipped one is, and that is said.",
  }),
  backend: choice({
    defaultValue: "auto",
    choices: ["auto", "wasm", "cpu", "node"],
    description: "What computes the model; auto takes the fastest that loads.",
  }),
  maxBodyBytes: integer({
    defaultValue: 64 * 1024 * 1024,
    unit: "bytes",
    min: 1024,
    max: 1024 * 1024 * 1024,
    description: "Largest OTLP request taken, before and after decompression.",
  }),
  maxOpenTraces: integer({
    defaultValue: 100_000,
    unit: "traces",
    min: 100,
    max: 1_000_000,
    description: "Traces that may wait for their missing spans at one time.",
  }),
  maxOperationsPerService: integer({
    defaultValue: 200,
    unit: "operations",
    min: 1,
    max: 10_000,
    description: "Operations told apart in one service; the others are counted together.",
  }),
  retentionHours: number({
    defaultValue: 168,
    unit: "h",
    min: 1,
    max: 87_600,
    description: "How long series are kept; incidents and their evidence stay.",
  }),
};

export const SETTING_KEYS = Object.keys(SETTINGS) as readonly SettingKey[];

function timeRanges(options: { description: string }): Setting<readonly TimeRange[]> {
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

function storeUrl(options: { description: string }): Setting<PostgresAddress | null> {
  const rule = STORE_URL_RULE;
  const url = z.string(rule).transform((text, context): PostgresAddress => {
    const address = postgresAddressOf(text);
    if (address === null) {
      context.addIssue({ code: "custom", message: rule });
      return z.NEVER;
    }
    return address;
  });
  const nothing = z.union([z.null(), z.literal("")]).transform(() => null);
  const schema = z.union([nothing, url], rule);
  return { ...options, defaultValue: null, unit: "", rule, reads: "text", schema, shown: hidePassword };
}

function integer(numeric: Numeric): Setting<number> {
  return bounded(numeric, "an integer", (error) => z.int(error));
}

function number(numeric: Numeric): Setting<number> {
  return bounded(numeric, "a number", (error) => z.number(error));
}

function probability(options: { defaultValue: number; description: string }): Setting<number> {
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

function text(options: { defaultValue: string; rule: string; pattern: RegExp; description: string }): Setting<string> {
  const { defaultValue, rule, pattern, description } = options;
  return { defaultValue, unit: "", rule, description, reads: "text", schema: z.string(rule).regex(pattern, rule) };
}

function choice<const Choice extends string>(options: {
  defaultValue: NoInfer<Choice>;
  choices: readonly [Choice, ...Choice[]];
  description: string;
}): Setting<Choice & Value> {
  const { defaultValue, choices, description } = options;
  const rule = `one of ${choices.join(", ")}`;
  const schema = z.enum(choices, rule) as unknown as z.ZodType<Choice & Value>;
  return { defaultValue: defaultValue as Choice & Value, unit: "", rule, description, reads: "text", schema };
}
