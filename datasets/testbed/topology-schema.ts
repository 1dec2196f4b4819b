import { z } from "zod";
import { SHORTEST_SERVICE_SECONDS } from "./random.ts";
import type { ShopDeclaration, Step } from "./shop-schema.ts";

const LONGEST_SERVICE_SECONDS = 10;

/** One message for a value that is missing, of the wrong type or out of its limits: the rule. */
const number = (from: number, to: number, rule = `must be a number from ${from} to ${to}`) =>
  z.number(rule).min(from, rule).max(to, rule);
const integer = (from: number, to: number) => {
  const rule = `must be an integer from ${from} to ${to}`;
  return z.int(rule).min(from, rule).max(to, rule);
};
const text = (pattern: RegExp, rule: string) => z.string(rule).max(500, rule).regex(pattern, rule);
const list = <T extends z.ZodType>(item: T, from: number, to: number, of: string) => {
  const rule = `must be a list of ${from} to ${to} ${of}`;
  return z.array(item, rule).min(from, rule).max(to, rule);
};
const object = <T extends z.ZodRawShape>(shape: T) =>
  z.strictObject(shape, { error: (issue) => (issue.code === "invalid_type" ? "must be an object" : undefined) });

const name = text(/^[a-z][a-z0-9-]{0,39}$/, "must be lower-case letters, digits and dashes, a letter first");
const route = text(
  /^(GET|POST|DELETE|PUT) (\/([a-z0-9-]+|\{(item|user)\}))+$/,
  "must be a method and a path such as GET /items/{item}; {item} and {user} may stand in it",
);
const sql = text(/^(SELECT|INSERT|UPDATE|DELETE) \S/, "must be one SELECT, INSERT, UPDATE or DELETE statement");

const time = object({
  meanSeconds: number(
    SHORTEST_SERVICE_SECONDS * 1.2,
    LONGEST_SERVICE_SECONDS,
    `must be a number from ${SHORTEST_SERVICE_SECONDS * 1.2} to ${LONGEST_SERVICE_SECONDS}: below, a timer's grain would be the service time`,
  ),
  cv: number(0, 5),
});

const STEP_KINDS = ["work", "call", "external", "together", "query", "cached", "each-line", "publish"];

const steps: z.ZodType<readonly Step[]> = z.lazy(() => list(step, 1, 50, "steps"));

const step: z.ZodType<Step> = z.discriminatedUnion(
  "do",
  [
    object({ do: z.literal("work"), time }),
    object({
      do: z.literal("call"),
      service: name,
      route,
      item: z.enum(["own", "related"], "must be own or related").exactOptional(),
      optional: z.literal(true, "can only be true").exactOptional(),
    }),
    object({ do: z.literal("external"), peer: name, path: text(/^\/\S*$/, "must be a path") }),
    object({ do: z.literal("together"), steps }),
    object({
      do: z.literal("query"),
      sql,
      collection: text(/^\w+$/, "must be the name of a table"),
      bind: list(z.enum(["item", "user"], "must be item or user"), 0, 10, "of item and user"),
      time,
    }).transform((query) => ({
      ...query,
      operation: query.sql.slice(0, 6) as "SELECT" | "INSERT" | "UPDATE" | "DELETE",
    })),
    object({ do: z.literal("cached"), onMiss: steps }),
    object({ do: z.literal("each-line"), steps }),
    object({ do: z.literal("publish"), topic: name }),
  ],
  `must be one of ${STEP_KINDS.join(", ")}`,
);

const service = object({
  name,
  replicaCount: integer(1, 8),
  workerCount: integer(1, 1000),
  routes: list(object({ route, steps }), 0, 20, "routes"),
  database: object({
    namespace: name,
    connectionCount: integer(1, 100),
    schema: z.string("must be the SQL that makes the tables").max(2000),
    seedStatements: list(sql, 0, 10, "statements"),
  }).exactOptional(),
  cacheCapacity: integer(1, 100_000).exactOptional(),
  consumes: object({ topic: name, group: name, steps }).exactOptional(),
});

/** The shape of a topology file. What its parts say about each other is checked by `refuseContradictions`. */
export const TOPOLOGY_SCHEMA: z.ZodType<ShopDeclaration> = object({
  name,
  ratePerSecond: number(0.1, 200),
  entryService: name,
  entries: list(object({ route, share: number(0.001, 1) }), 1, 20, "entries"),
  services: list(service, 1, 40, "services"),
  externals: list(
    object({ peer: name, port: integer(1, 65_535), slotCount: integer(1, 1000), time }),
    0,
    10,
    "externals",
  ),
  itemCount: integer(1, 100_000),
  userCount: integer(1, 1_000_000),
  popularity: number(0, 3),
  linesPerOrder: z
    .tuple([integer(1, 100), integer(1, 100)], "must be a pair [fewest, most]")
    .refine(([fewest, most]) => fewest <= most, "must be a pair [fewest, most]"),
  bottleneck: text(/^[a-z][a-z0-9-]*\/(workers|db-pool)$/, "must be <service>/workers or <service>/db-pool"),
});
