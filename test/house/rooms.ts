/** What a room may import besides itself. `reason` is told to whoever breaks the rule. */
export interface RoomRule {
  readonly rooms: readonly string[];
  /** Names of packages; `*` at the end stands for the rest. */
  readonly packages: readonly string[];
  /** May it use Node's own modules? Then it cannot run in a browser, and may reach clock, disk and network. */
  readonly isNodeAllowed: boolean;
  readonly reason: string;
}

const neighbourless = "rooms meet in src/contracts only, so that each can be replaced and tested alone";

const rule = (rooms: string, packages: string, isNodeAllowed: boolean, reason: string): RoomRule => ({
  rooms: rooms.split(" ").filter(Boolean),
  packages: packages.split(" ").filter(Boolean),
  isNodeAllowed,
  reason,
});

/** The import table of the house. Rooms of src/ by their folder, the others by their top-level folder. */
export const mayImport: Readonly<Record<string, RoomRule>> = {
  contracts: rule("", "", false, "the words depend on nothing, so that everything, a browser too, can depend on them"),
  telemetry: rule(
    "contracts",
    "kafkajs lz4-napi snappyjs",
    true,
    `${neighbourless}; it may use its wire and broker libraries`,
  ),
  topology: rule("contracts", "", false, `${neighbourless}; no clock, network or disk: a replay must give the same`),
  detection: rule("contracts", "", false, `${neighbourless}; no clock, network or disk: a replay must give the same`),
  store: rule("contracts", "pg", true, neighbourless),
  api: rule("contracts", "express zod", true, `${neighbourless}; what it serves is handed to it`),
  notify: rule("contracts", "", true, neighbourless),
  evaluation: rule("contracts", "", false, `${neighbourless}; judging is arithmetic on incidents and labels`),
  settings: rule("contracts", "yaml zod", true, neighbourless),
  self: rule("contracts", "@opentelemetry/* pino", true, neighbourless),
  pipeline: rule(
    "contracts telemetry topology detection store api notify evaluation settings self twin models datasets",
    "",
    true,
    "it puts the rooms in a row; nothing but the command line may know it",
  ),
  cli: rule(
    "contracts settings self pipeline evaluation telemetry models datasets",
    "commander",
    true,
    "a command turns words into a call of the pipeline; the line itself is put together there",
  ),
  setup: rule("", "", true, "it runs before anything is installed"),
  twin: rule("contracts", "", false, "the twin is pure: it runs in a worker and in a browser, and repeats to the byte"),
  models: rule("contracts", "@tensorflow/*", true, `${neighbourless}; a model sees a forecast, not how it was made`),
  datasets: rule(
    "contracts",
    "@opentelemetry/* kafkajs yaml zod",
    true,
    "recordings and the sample cluster stand outside the product",
  ),
  ui: rule("contracts", "d3 d3-*", false, "the page runs in a browser and knows the server by its contracts only"),
};

/** Files that stand outside their room's rule, each with the rule it follows instead. */
export const exceptions: Readonly<Record<string, RoomRule>> = {
  "ui/build.ts": rule("", "esbuild", true, "it builds the page and is no part of it"),
  "twin/kernel/build-engine.ts": rule("", "assemblyscript", true, "it compiles the engine and is no part of it"),
};

/** Packages that one file alone may load, so that the rest can do without them. */
export const onlyDoor: Readonly<Record<string, string>> = {
  "@tensorflow/": "models/backend.ts",
};

/** Inside the contracts a file may import only what stands to its left: so the direction of data shows in the types. */
export const orderOfContracts: readonly string[] = [
  "errors",
  "secret",
  "settings",
  "telemetry",
  "observation",
  "forecast",
  "score",
  "hypothesis",
  "labels",
  "incident",
  "feedback",
  "what-if",
  "api",
  "store",
];

/** Commands that watch a live system; the sample cluster and public recordings must never be loaded there. */
export const liveEntries: readonly string[] = ["src/cli/attach.ts", "src/cli/replay.ts", "src/cli/worker.ts"];
