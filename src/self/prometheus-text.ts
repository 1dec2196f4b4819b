import type { Labels, MetricSnapshot, Sample } from "./counters.ts";

/** Metrics in the Prometheus text format, version 0.0.4. Source: prometheus.io, "Exposition formats". */
export function prometheusText(metrics: readonly MetricSnapshot[]): string {
  return metrics.map(metricText).join("");
}

function metricText({ name, help, type, samples }: MetricSnapshot): string {
  const head = `# HELP ${name} ${escaped(help)}\n# TYPE ${name} ${type}\n`;
  return head + samples.map((sample) => sampleText(name, sample)).join("");
}

function sampleText(name: string, { suffix, labels, value }: Sample): string {
  return `${name}${suffix}${labelText(labels)} ${numberText(value)}\n`;
}

function labelText(labels: Labels): string {
  const pairs = Object.entries(labels).map(([name, value]) => `${name}="${escaped(value).replaceAll('"', '\\"')}"`);
  return pairs.length === 0 ? "" : `{${pairs.join(",")}}`;
}

function escaped(text: string): string {
  return text.replaceAll("\\", "\\\\").replaceAll("\n", "\\n");
}

function numberText(value: number): string {
  if (value === Infinity) return "+Inf";
  if (value === -Infinity) return "-Inf";
  return String(value);
}
