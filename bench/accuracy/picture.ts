import { area, curveStepAfter, line, scaleLog } from "d3";

/** Latencies of one operation at one level, ascending, seconds: what came, and what each replicate of the twin says. */
export interface Curve {
  readonly operation: string;
  readonly observed: Float64Array;
  readonly replicates: readonly Float64Array[];
}

export interface Panel {
  readonly title: string;
  readonly curves: readonly Curve[];
}

const PANEL = { width: 300, height: 260, left: 46, top: 34, gap: 44, bottom: 62 };
const COLORS = ["#0b6e99", "#b3541e", "#5b7f2b", "#7a4b94"];
const LATENCY_SECONDS = [0.03, 1.5] as const;
const BEYOND_MIN = 0.005;
const STEPS = 80;

/** An SVG: share of requests that took longer, over the latency, both logarithmic; one panel a load. */
export function drawPicture(panels: readonly Panel[]): string {
  const width = PANEL.left + panels.length * (PANEL.width + PANEL.gap);
  const height = PANEL.top + PANEL.height + PANEL.bottom;
  const operations = panels[0]!.curves.map((curve) => curve.operation);
  const legend = operations.map((operation, i) => {
    const x = PANEL.left + i * 190;
    const y = height - 14;
    return (
      `<rect x="${x}" y="${y - 9}" width="22" height="10" fill="${COLORS[i]}" fill-opacity="0.25"/>` +
      `<path d="M${x} ${y - 4}h22" stroke="${COLORS[i]}" stroke-width="1.6"/><text x="${x + 28}" y="${y}">${escaped(operation)}</text>`
    );
  });
  return [
    `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${width} ${height}" font-family="system-ui, sans-serif" font-size="11" fill="#24292f" role="img">`,
    `<title>Latency predicted (bands) and observed (lines) at three loads never learned</title>`,
    `<rect width="${width}" height="${height}" fill="#ffffff"/>`,
    ...panels.map((panel, i) => drawPanel(panel, PANEL.left + i * (PANEL.width + PANEL.gap))),
    ...legend,
    `<text x="${width - PANEL.gap}" y="${height - 14}" text-anchor="end">line: observed · band: 90 % of the twin's replicates</text>`,
    "</svg>\n",
  ].join("\n");
}

function drawPanel(panel: Panel, left: number): string {
  const x = scaleLog(LATENCY_SECONDS, [0, PANEL.width]);
  const y = scaleLog([BEYOND_MIN, 1], [PANEL.height, 0]);
  const grid = [
    ...[0.05, 0.1, 0.2, 0.5, 1].map(
      (seconds) =>
        `<path d="M${x(seconds).toFixed(1)} 0v${PANEL.height}" stroke="#d0d7de"/><text x="${x(seconds).toFixed(1)}" y="${PANEL.height + 15}" text-anchor="middle">${seconds * 1000} ms</text>`,
    ),
    ...[
      [0.5, "p50"],
      [0.05, "p95"],
      [0.01, "p99"],
    ].map(
      ([share, name]) =>
        `<path d="M0 ${y(Number(share)).toFixed(1)}h${PANEL.width}" stroke="#d0d7de"/><text x="-6" y="${(y(Number(share)) + 4).toFixed(1)}" text-anchor="end">${name}</text>`,
    ),
  ];
  const curves = panel.curves.map((curve, i) => drawCurve(curve, COLORS[i % COLORS.length]!, x, y));
  return `<g transform="translate(${left} ${PANEL.top})"><text y="-12" font-weight="600">${escaped(panel.title)}</text>${grid.join("")}<rect width="${PANEL.width}" height="${PANEL.height}" fill="none" stroke="#8c959f"/>${curves.join("")}</g>`;
}

type Scale = (value: number) => number;

function drawCurve({ observed, replicates }: Curve, color: string, x: Scale, y: Scale): string {
  const [low, high] = LATENCY_SECONDS;
  const rows = Array.from({ length: STEPS + 1 }, (_, i) => {
    const seconds = low * (high / low) ** (i / STEPS);
    const shares = replicates.map((sorted) => shareBeyond(sorted, seconds)).sort((a, b) => a - b);
    return { seconds, low: shares[0]!, high: shares[shares.length - 1]!, observed: shareBeyond(observed, seconds) };
  });
  const bound = (share: number): number => y(Math.max(BEYOND_MIN, share));
  const band = area<(typeof rows)[number]>(
    (row) => x(row.seconds),
    (row) => bound(row.low),
    (row) => bound(row.high),
  )(rows);
  const seen = rows.filter((row) => row.observed >= BEYOND_MIN);
  const path = line<(typeof rows)[number]>(
    (row) => x(row.seconds),
    (row) => bound(row.observed),
  ).curve(curveStepAfter)(seen);
  return `<path d="${round(band)}" fill="${color}" fill-opacity="0.25"/><path d="${round(path)}" fill="none" stroke="${color}" stroke-width="1.6"/>`;
}

function shareBeyond(sorted: Float64Array, seconds: number): number {
  let low = 0;
  let end = sorted.length;
  while (low < end) {
    const middle = (low + end) >>> 1;
    if (sorted[middle]! <= seconds) low = middle + 1;
    else end = middle;
  }
  return 1 - low / sorted.length;
}

function round(path: string | null): string {
  return (path ?? "").replace(/\d+\.\d+/g, (number) => Number(number).toFixed(1));
}

function escaped(text: string): string {
  return text.replace(/[&<>]/g, (sign) => ({ "&": "&amp;", "<": "&lt;", ">": "&gt;" })[sign]!);
}
