import { SettingsError } from "../../contracts/errors.ts";

/** Topics by name, or by a regular expression. */
export type TopicPattern = string | RegExp;

/** Topics whose names begin so are Kafka's own. */
const INTERNAL_PREFIX = "__";

/**
 * A topic as it is written in the settings: a name, or `/expression/` that has to match somewhere in the name.
 *
 * @throws {SettingsError} when it is neither a name Kafka allows nor an expression.
 */
export function topicPatternOf(key: string, text: string): TopicPattern {
  const trimmed = text.trim();
  if (trimmed.length > 2 && trimmed.startsWith("/") && trimmed.endsWith("/")) {
    try {
      return new RegExp(trimmed.slice(1, -1), "u");
    } catch (error) {
      throw new SettingsError(key, text, `is no regular expression: ${error instanceof Error ? error.message : error}`);
    }
  }
  if (!/^[\w.-]{1,249}$/.test(trimmed) || trimmed === "." || trimmed === "..") {
    throw new SettingsError(key, text, "must be a topic's name (letters, digits, . _ -) or a /regular expression/");
  }
  return trimmed;
}

export function matchesTopic(pattern: TopicPattern, topic: string): boolean {
  if (typeof pattern === "string") return pattern === topic;
  return !topic.startsWith(INTERNAL_PREFIX) && pattern.test(topic);
}
