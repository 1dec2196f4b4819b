import { z } from "zod";

import { RequestError } from "./request-error.ts";

const MAX_TEXT_LENGTH = 1000;

/** What `GET /api/v1/incidents` may be asked. */
export const incidentsQuery = z.strictObject({
  state: choice(["open", "resolved"]).optional(),
  verdict: choice(["fault", "traffic"]).optional(),
  limit: integer(1, 1000).default(100),
});

/** What `GET /api/v1/series` may be asked; the range defaults to the last hour of event time. */
export const seriesQuery = z.strictObject({
  node: text(1),
  operation: text(0).default(""),
  from: seconds().optional(),
  to: seconds().optional(),
  limit: integer(1, 50_000).default(10_000),
});

/** What `GET /api/v1/feedback` may be asked. */
export const feedbackQuery = z.strictObject({ limit: integer(1, 10_000).default(100) });

/** What `GET /api/v1/deployments` may be asked. */
export const deploymentsQuery = z.strictObject({
  node: text(1).optional(),
  limit: integer(1, 1000).default(100),
});

/** For routes that take no query. */
export const noQuery = z.strictObject({});

export const traceIdParameter = z.strictObject({
  traceId: z
    .string()
    .regex(/^[0-9a-f]{32}$/i, "must be 32 hexadecimal digits")
    .toLowerCase(),
});

export const incidentIdParameter = z.strictObject({ id: text(1) });

/**
 * Reads the query or the path's parameters of a request.
 *
 * @throws {RequestError} 400, naming the key, the value and the rule.
 */
export function readParameters<Schema extends z.ZodObject>(schema: Schema, given: object): z.output<Schema> {
  const values = { ...given } as Readonly<Record<string, unknown>>;
  const result = schema.safeParse(values);
  if (result.success) return result.data;
  const issue = result.error.issues[0];
  if (issue?.code === "unrecognized_keys") {
    const key = issue.keys[0] ?? "";
    const known = Object.keys(schema.shape).join(", ");
    throw badRequest(
      key,
      values[key],
      known === "" ? "is not known: none is taken here" : `is not known: take ${known}`,
    );
  }
  const key = String(issue?.path[0] ?? "");
  if (values[key] === undefined) throw new RequestError(400, `${key}: is missing, ${issue?.message ?? ""}`);
  throw badRequest(key, values[key], Array.isArray(values[key]) ? "must be given once" : (issue?.message ?? ""));
}

export function badRequest(key: string, value: unknown, rule: string): RequestError {
  return new RequestError(400, `${shortened(key)}: ${shortened(JSON.stringify(value))} ${rule}`);
}

function shortened(text: string): string {
  return text.length <= 100 ? text : `${text.slice(0, 100)}…`;
}

function choice<const Choice extends string>(choices: readonly [Choice, ...Choice[]]) {
  return z.enum(choices, `must be one of ${choices.join(", ")}`);
}

function text(min: number) {
  const rule = `must have ${min} to ${MAX_TEXT_LENGTH} characters`;
  return z.string(rule).min(min, rule).max(MAX_TEXT_LENGTH, rule);
}

function integer(min: number, max: number) {
  const rule = `must be an integer from ${min} to ${max}`;
  const digits = z.string(rule).regex(/^\d{1,9}$/, rule);
  return digits.transform(Number).pipe(z.int(rule).min(min, rule).max(max, rule));
}

function seconds() {
  const rule = "must be a time in unix seconds";
  return z
    .string(rule)
    .regex(/^-?\d{1,15}(\.\d{1,9})?$/, rule)
    .transform(Number);
}
