import type { Settings } from "../contracts/settings.ts";
import { choice, type Setting, text, texts } from "./setting.ts";

type KafkaKey = Extract<keyof Settings, `kafka${string}`>;

const TOPIC_PATTERN = /^(?:[\w.-]{1,249}|\/.+\/)$/;
const TOPIC_RULE = "a topic's name (letters, digits, . _ -) or a /regular expression/";

/** Settings of the way in through Kafka, in the order in which they are shown. */
export const KAFKA_SETTINGS: { readonly [Key in KafkaKey]: Setting<Settings[Key]> } = {
  kafkaBrokers: texts({
    defaultValue: [],
    rule: "a broker's host:port",
    pattern: /^(?:[\w.%-]+|\[[\da-fA-F:.]+\]):\d{1,5}$/,
    description: "Brokers of an Apache Kafka to read from; without any, Kafka is not used.",
  }),
  kafkaTraceTopics: texts({
    defaultValue: ["otlp_spans"],
    rule: TOPIC_RULE,
    pattern: TOPIC_PATTERN,
    description: "Topics that hold spans.",
  }),
  kafkaMetricTopics: texts({
    defaultValue: ["otlp_metrics"],
    rule: TOPIC_RULE,
    pattern: TOPIC_PATTERN,
    description: "Topics that hold metrics.",
  }),
  kafkaGroup: text({
    defaultValue: "spantwin",
    rule: "a group's name of at most 249 characters",
    pattern: /^[^\s]{1,249}$/,
    description:
      "Consumer group; not the one of a collector, which would share the records instead of both seeing all.",
  }),
  kafkaEncoding: choice({
    defaultValue: "auto",
    choices: ["auto", "otlp_proto", "otlp_json", "jaeger_proto", "jaeger_json", "zipkin_json"],
    description: "What a record holds, in the words of the collector's Kafka exporter; auto looks at each record.",
  }),
  kafkaStart: choice({
    defaultValue: "latest",
    choices: ["earliest", "latest"],
    description: "Where to begin in a topic that the group has not read before.",
  }),
  kafkaSasl: choice({
    defaultValue: "off",
    choices: ["off", "plain", "scram-sha-256", "scram-sha-512"],
    description: "How to log in to the brokers.",
  }),
  kafkaUser: text({
    defaultValue: "",
    rule: "a user's name",
    pattern: /^.*$/,
    description: "User to log in as.",
  }),
  kafkaPasswordFile: file("File that holds the user's password; without one, SPANTWIN_KAFKA_PASSWORD holds it."),
  kafkaTls: choice({
    defaultValue: "off",
    choices: ["off", "on"],
    description: "Whether to speak TLS with the brokers.",
  }),
  kafkaCaFile: file(
    "Certificates (PEM) of the authority that signed the brokers'; without any, those of Node are trusted.",
  ),
  kafkaCertFile: file("Our certificate (PEM), for brokers that ask for one."),
  kafkaKeyFile: file("Its private key (PEM)."),
};

function file(description: string): Setting<string> {
  return text({ defaultValue: "", rule: "a file, or empty for none", pattern: /^.*$/, description });
}
