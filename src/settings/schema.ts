import type { Settings } from "../contracts/settings.ts";
import { KAFKA_SETTINGS } from "./kafka-settings.ts";
import { SCRAPE_SETTINGS } from "./scrape-settings.ts";
import { choice, integer, number, origins, pemFile, probability, type Setting, text, timeRanges } from "./setting.ts";
import { storeUrl } from "./store-url.ts";

export type SettingKey = keyof Settings;

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
  zipkinPort: integer({
    ...port,
    min: -1,
    defaultValue: -1,
    description: "Port that receives Zipkin's spans (POST /api/v2/spans), usually 9411; 0 takes a free one, -1 none.",
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
  ack: choice({
    defaultValue: "journal",
    choices: ["memory", "journal", "fsync"],
    description:
      "When a sender is told OK: when the twin has its batch, when the journal has it (a killed process loses nothing), or when the disk has (nor does a power cut).",
  }),
  journalMaxBytes: integer({
    defaultValue: 2 * 1024 * 1024 * 1024,
    unit: "bytes",
    min: 256 * 1024 * 1024,
    max: 1024 * 1024 * 1024 * 1024,
    description: "Size of the journal, from which the oldest is deleted; never what the last checkpoint needs.",
  }),
  journalMaxHours: number({
    defaultValue: 24,
    unit: "h",
    min: 0.1,
    max: 8760,
    description: "Age at which the journal is deleted; it can be replayed until then.",
  }),
  checkpointSeconds: number({
    defaultValue: 5,
    unit: "s",
    min: 0.5,
    max: 3600,
    description:
      "How often all that was learned is written down, or less often where that would take over a twentieth of the time; a restart reads what came after that again.",
  }),
  maxQueueBytes: integer({
    defaultValue: 64 * 1024 * 1024,
    unit: "bytes",
    min: 1024 * 1024,
    max: 4 * 1024 * 1024 * 1024,
    description: "Requests that were told OK and that the twin has not taken yet; over it senders are asked to wait.",
  }),
  maxInFlightBodies: integer({
    defaultValue: 64,
    unit: "bodies",
    min: 1,
    max: 100_000,
    description: "Requests that may wait to be taken in; more are told to come again (429, UNAVAILABLE).",
  }),
  maxInFlightBytes: integer({
    defaultValue: 256 * 1024 * 1024,
    unit: "bytes",
    min: 2048,
    max: 64 * 1024 * 1024 * 1024,
    description: "Bytes of all requests under way, as they came and unpacked; at least twice maxBodyBytes.",
  }),
  maxConnections: integer({
    defaultValue: 2048,
    unit: "connections",
    min: 1,
    max: 100_000,
    description: "Connections open at one time on each OTLP port; more are closed at once.",
  }),
  otlpCorsOrigins: origins({
    description: "Pages that may send OTLP/HTTP from a browser, by their origin; none unless listed.",
  }),
  otlpTlsCert: pemFile("Certificate, with its chain, that the OTLP ports show; with it they speak TLS only."),
  otlpTlsKey: pemFile("Private key of that certificate, without a passphrase."),
  otlpTlsClientCa: pemFile("Who signs the senders' certificates; with it, nobody else may send (mutual TLS)."),
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
  ...KAFKA_SETTINGS,
  ...SCRAPE_SETTINGS,
  logLevel: choice({
    defaultValue: "auto",
    choices: ["auto", "debug", "info", "warn", "error"],
    description: "Least severe line that is logged; auto is info, and warn where --json has a machine read the output.",
  }),
  logFormat: choice({
    defaultValue: "human",
    choices: ["human", "json"],
    description: "Log lines for people, or a JSON object a line, with the ids of the trace they belong to.",
  }),
  selfOtlpEndpoint: text({
    defaultValue: "",
    rule: "an address like http://collector:4317, or empty for none",
    pattern: /^(https?:\/\/[\w.:[\]%-]+\/?)?$/,
    description: "OTLP/gRPC collector for the program's own traces and metrics; it may not be one of its own ports.",
  }),
  workerPrefix: text({
    defaultValue: "spantwin",
    rule: "at most 100 letters, digits, . _ -",
    pattern: /^[\w.-]{1,100}$/,
    description:
      "Begins the names of the topics and groups between workers; one prefix is one application, with one twin.",
  }),
  workerPartitions: integer({
    defaultValue: 12,
    unit: "partitions",
    min: 1,
    max: 1000,
    description:
      "Partitions of the topic of spans by trace, when workers have to make it: so many can assemble at most.",
  }),
};

export const SETTING_KEYS = Object.keys(SETTINGS) as readonly SettingKey[];
