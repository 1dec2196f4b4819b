import { MalformedError } from "../../contracts/errors.ts";
import { LineReader } from "./line-reader.ts";

/** Which of the two text formats: they differ in timestamps, exemplars and the end mark. */
export type TextFormat = "prometheus" | "openmetrics";

export interface Sample {
  /** As it stands in the text, suffixes (`_total`, `_count`) included. */
  readonly name: string;
  readonly labels: ReadonlyMap<string, string>;
  readonly value: number;
  /** Unix seconds; null when the sample does not say. */
  readonly timeSeconds: number | null;
}

const TYPES: Readonly<Record<TextFormat, ReadonlySet<string>>> = {
  prometheus: new Set(["counter", "gauge", "histogram", "summary", "untyped"]),
  openmetrics: new Set(["counter", "gauge", "histogram", "summary", "unknown", "info", "stateset", "gaugehistogram"]),
};
const MILLIS_PER_SECOND = 1000;
const END = "# EOF";

/**
 * The samples of an exposition, in order: Prometheus text format 0.0.4 or OpenMetrics 1.0, with names in quotes as
 * Prometheus 3 writes those that are not of letters and underscores.
 *
 * @throws {MalformedError} naming the line that is neither; and when OpenMetrics breaks off before its end mark.
 */
export function* samplesOf(text: string, format: TextFormat): Generator<Sample> {
  let lineNumber = 0;
  let isEnded = false;
  for (let from = 0; from < text.length; ) {
    const newline = text.indexOf("\n", from);
    const end = newline < 0 ? text.length : newline;
    const line = text.slice(from, text[end - 1] === "\r" ? end - 1 : end);
    lineNumber += 1;
    from = end + 1;
    if (isEnded) throw new MalformedError(`line ${lineNumber}: something comes after ${END}`);
    try {
      if (format === "openmetrics" && line === END) isEnded = true;
      else if (line.startsWith("#")) checkComment(line, format);
      else if (line.trim() !== "") yield sampleOf(line, format);
    } catch (error) {
      if (error instanceof MalformedError) throw new MalformedError(`line ${lineNumber}: ${error.message}`);
      throw error;
    }
  }
  if (format === "openmetrics" && !isEnded) throw new MalformedError(`it breaks off before ${END}`);
}

/** Types tell nothing that the names of samples do not; but a type that is none shows that this is another format. */
function checkComment(line: string, format: TextFormat): void {
  const [, keyword, , type] = line.split(/[ \t]+/);
  if (keyword === "TYPE" && !TYPES[format].has(type ?? "")) {
    throw new MalformedError(`${JSON.stringify(type ?? "")} is no type of a metric`);
  }
}

function sampleOf(line: string, format: TextFormat): Sample {
  const reader = new LineReader(line);
  const labels = new Map<string, string>();
  let name = reader.metricName();
  if (reader.take("{")) name = readLabels(reader, labels, name);
  if (name === "") throw new MalformedError("a sample without a name");
  const value = reader.number();
  const timestamp = reader.isAtEnd || reader.isAtExemplar ? null : reader.number();
  if (format === "openmetrics" && reader.isAtExemplar) readExemplar(reader);
  if (!reader.isAtEnd) throw new MalformedError(`more than a sample: ${reader.rest}`);
  if (timestamp === null) return { name, labels, value, timeSeconds: null };
  if (!Number.isFinite(timestamp)) throw new MalformedError("a timestamp that is no time");
  return { name, labels, value, timeSeconds: format === "openmetrics" ? timestamp : timestamp / MILLIS_PER_SECOND };
}

/** Reads up to the closing brace; returns the metric's name, which may stand in quotes as the first thing inside. */
function readLabels(reader: LineReader, labels: Map<string, string>, name: string): string {
  let found = name;
  while (!reader.take("}")) {
    const key = reader.labelName();
    if (reader.take("=")) {
      if (labels.has(key)) throw new MalformedError(`the label ${JSON.stringify(key)} is there twice`);
      labels.set(key, reader.quoted());
    } else {
      if (found !== "" || labels.size > 0) throw new MalformedError(`no value for the label ${JSON.stringify(key)}`);
      found = key;
    }
    if (!reader.take(",") && !reader.isAt("}")) throw new MalformedError(`no comma between labels: ${reader.rest}`);
  }
  return found;
}

function readExemplar(reader: LineReader): void {
  reader.take("#");
  if (!reader.take("{")) throw new MalformedError("an exemplar without labels");
  readLabels(reader, new Map(), "exemplar");
  reader.number();
  if (!reader.isAtEnd) reader.number();
}
