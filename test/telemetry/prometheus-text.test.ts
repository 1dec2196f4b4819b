import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { MalformedError } from "../../src/contracts/errors.ts";
import { type Sample, samplesOf, type TextFormat } from "../../src/telemetry/prometheus/text-format.ts";

const read = (text: string, format: TextFormat = "prometheus") =>
  [...samplesOf(text, format)].map(({ name, labels, value, timeSeconds }) => ({
    name,
    labels: Object.fromEntries(labels),
    value,
    timeSeconds,
  }));
const one = (line: string, format: TextFormat = "prometheus") =>
  read(format === "openmetrics" ? `${line}\n# EOF\n` : `${line}\n`, format)[0];

describe("text format 0.0.4", () => {
  // The example of the format's own documentation.
  const documented = `# HELP http_requests_total The total number of HTTP requests.
# TYPE http_requests_total counter
http_requests_total{method="post",code="200"} 1027 1395066363000
http_requests_total{method="post",code="400"}    3 1395066363000

# Escaping in label values:
msdos_file_access_time_seconds{path="C:\\\\DIR\\\\FILE.TXT",error="Cannot find file:\\n\\"FILE.TXT\\""} 1.458255915e9

# Minimalistic line:
metric_without_timestamp_and_labels 12.47

# A weird metric from before the epoch:
something_weird{problem="division by zero"} +Inf -3982045

# A histogram, which has a pretty complex representation in the text format:
# HELP http_request_duration_seconds A histogram of the request duration.
# TYPE http_request_duration_seconds histogram
http_request_duration_seconds_bucket{le="+Inf"} 144320
http_request_duration_seconds_sum 53423
http_request_duration_seconds_count 144320
`;

  test("reads the example of its documentation", () => {
    expect(read(documented)).toEqual([
      { name: "http_requests_total", labels: { method: "post", code: "200" }, value: 1027, timeSeconds: 1395066363 },
      { name: "http_requests_total", labels: { method: "post", code: "400" }, value: 3, timeSeconds: 1395066363 },
      {
        name: "msdos_file_access_time_seconds",
        labels: { path: "C:\\DIR\\FILE.TXT", error: 'Cannot find file:\n"FILE.TXT"' },
        value: 1.458255915e9,
        timeSeconds: null,
      },
      { name: "metric_without_timestamp_and_labels", labels: {}, value: 12.47, timeSeconds: null },
      { name: "something_weird", labels: { problem: "division by zero" }, value: Infinity, timeSeconds: -3982.045 },
      { name: "http_request_duration_seconds_bucket", labels: { le: "+Inf" }, value: 144320, timeSeconds: null },
      { name: "http_request_duration_seconds_sum", labels: {}, value: 53423, timeSeconds: null },
      { name: "http_request_duration_seconds_count", labels: {}, value: 144320, timeSeconds: null },
    ]);
  });

  test.each([
    ["a 1", 1],
    ["a NaN", Number.NaN],
    ["a -Inf", Number.NEGATIVE_INFINITY],
    ["a +inf", Number.POSITIVE_INFINITY],
    ["a 1e-7", 1e-7],
    ["a .5", 0.5],
    ["a 5.", 5],
    ["a -0x", null],
  ])("%s", (line, expected) => {
    if (expected === null) expect(() => one(line)).toThrow(MalformedError);
    else expect(one(line)!.value).toBe(expected);
  });

  test("passes over blanks wherever they may stand, a comma behind the last label, and ends of lines of another system", () => {
    const expected = { name: "a", labels: { b: "c", d: "" }, value: 2, timeSeconds: 0.003 };
    expect(one(' \ta { b = "c" ,\td="",} \t 2   3 \r')).toEqual(expected);
    expect(one("a{} 1")!.labels).toEqual({});
  });

  test("reads names in quotes, of the metric and of labels", () => {
    expect(one('{"http.server.requests","a.b"="c"} 1')).toEqual({
      name: "http.server.requests",
      labels: { "a.b": "c" },
      value: 1,
      timeSeconds: null,
    });
  });

  test.each([
    "a",
    "a x",
    "a 1 x",
    "a 1 2 3",
    "a{b} 1",
    'a{b="c" d="e"} 1',
    'a{b="c"',
    'a{b="c} 1',
    'a{b="c",b="d"} 1',
    "a{b=c} 1",
    "{} 1",
    '{b="c"} 1',
    '{"a","b"} 1',
    '{b="c","a"} 1',
    "9a 1",
    "a 1 NaN",
    'a{b="c\\"} 1',
    "# TYPE a stateset",
    "# TYPE a",
  ])("refuses %j, naming the line", (line) => {
    expect(() => read(`# a comment\n${line}\n`)).toThrow(/^line 2: /);
    expect(() => read(`# a comment\n${line}\n`)).toThrow(MalformedError);
  });
});

describe("OpenMetrics 1.0", () => {
  test("has times in seconds, exemplars and an end", () => {
    const text = `# TYPE foo histogram
# UNIT foo_seconds seconds
foo_bucket{le="0.1"} 8 # {} 0.054
foo_bucket{le="1"} 11 1520879607.789 # {trace_id="KOO5S4vxi0o",x="}"} 0.67 1520879607.7
foo_count 17
foo_created 1520430000.123
# EOF
`;
    expect(read(text, "openmetrics").map(({ value, timeSeconds }) => [value, timeSeconds])).toEqual([
      [8, null],
      [11, 1520879607.789],
      [17, null],
      [1520430000.123, null],
    ]);
  });

  test.each([
    ["foo 1\n", /breaks off before # EOF/],
    ["foo 1\n# EOF\nfoo 2\n", /something comes after/],
    ["foo 1 # 0.5\n# EOF\n", /exemplar without labels/],
    ['foo 1 # {a="b"}\n# EOF\n', /no number/],
    ["# TYPE foo untyped\n# EOF\n", /no type/],
  ])("refuses %j", (text, message) => {
    expect(() => read(text, "openmetrics")).toThrow(message);
  });

  test("ends with its mark, with or without a line break behind it", () => {
    expect(read("foo 1\n# EOF", "openmetrics")).toHaveLength(1);
  });
});

const name = fc.stringMatching(/^[a-zA-Z_:][a-zA-Z0-9_:]{0,8}$/);
const label = fc.stringMatching(/^[a-zA-Z_][a-zA-Z0-9_]{0,8}$/);
const sample: fc.Arbitrary<Sample> = fc.record({
  name,
  labels: fc
    .dictionary(label, fc.string({ unit: "binary", maxLength: 10 }), { maxKeys: 4, noNullPrototype: true })
    .map((labels) => new Map(Object.entries(labels))),
  value: fc.oneof(fc.double(), fc.constantFrom(0, Number.NaN, Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY)),
  timeSeconds: fc.option(fc.integer({ min: -1e9, max: 2e9 })),
});

const escaped = (text: string) => text.replaceAll("\\", "\\\\").replaceAll('"', '\\"').replaceAll("\n", "\\n");
const numeral = (value: number) => (Object.is(value, -0) ? "-0" : String(value).replace("Infinity", "Inf"));

function written({ name: own, labels, value, timeSeconds }: Sample, format: TextFormat): string {
  const pairs = [...labels].map(([key, text]) => `${key}="${escaped(text)}"`).join(",");
  const time = timeSeconds === null ? "" : ` ${format === "openmetrics" ? timeSeconds : timeSeconds * 1000}`;
  return `${own}${pairs === "" ? "" : `{${pairs}}`} ${numeral(value)}${time}\n`;
}

describe.each(["prometheus", "openmetrics"] as const)("whatever is written in the format %s", (format) => {
  const end = format === "openmetrics" ? "# EOF\n" : "";

  test("is read again as it was", () => {
    fc.assert(
      fc.property(fc.array(sample, { maxLength: 10 }), (samples) => {
        const text = samples.map((each) => written(each, format)).join("") + end;
        expect([...samplesOf(text, format)]).toEqual(samples);
      }),
      { numRuns: 300 },
    );
  });

  test("and then damaged gives a typed error or samples", () => {
    let refused = 0;
    fc.assert(
      fc.property(fc.array(sample, { minLength: 1 }), fc.nat(), fc.string({ maxLength: 2 }), (samples, at, other) => {
        const text = samples.map((each) => written(each, format)).join("") + end;
        const place = at % text.length;
        try {
          const found = [...samplesOf(text.slice(0, place) + other + text.slice(place + 1), format)];
          expect(found.every((each) => each.name !== "")).toBe(true);
        } catch (error) {
          if (!(error instanceof MalformedError)) throw error;
          refused += 1;
        }
      }),
      { numRuns: 2_000 },
    );
    expect(refused).toBeGreaterThan(100);
  });
});
