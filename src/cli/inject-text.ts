import type { CampaignOutcome, CampaignPlan } from "../pipeline/inject.ts";
import type { CampaignNews } from "../pipeline/inject-options.ts";

/** What is about to be run, for people. */
export function headLines(plan: CampaignPlan): string[] {
  const { shop, cells, impossible } = plan;
  const capacity = `${shop.bottleneck} is always busy at ${plan.capacityPerSecond.toFixed(1)} requests/s`;
  const lines = [
    `${shop.name}: ${capacity}, by declaration; base load ${plan.baseRatePerSecond.toFixed(1)}/s`,
    `${cells.length} cells, ${clock(plan.totalSeconds)} when none has to be run again`,
  ];
  if (impossible.length > 0) lines.push(`left out, for want of a node that could show it: ${impossible.join(", ")}`);
  return lines;
}

export function planText(plan: CampaignPlan): string {
  const cells = plan.cells.map(({ id, fault }) => (fault === null ? id : `${id} ${JSON.stringify(fault)}`));
  return `${[...headLines(plan), ...cells].join("\n")}\n`;
}

export function newsLine(news: CampaignNews): string {
  if (news.news === "part") return `recording ${news.folder}: ${news.cellCount} cells`;
  if (news.news === "cell") return `${news.done}/${news.total} done, ${clock(news.leftSeconds)} left: ${news.id}`;
  const { bottleneck, bottleneckUtilization, reasons } = news.validity;
  const busy = `${bottleneck} ${Math.round(100 * bottleneckUtilization)} % busy`;
  return reasons.length === 0 ? `valid: ${busy}` : `invalid: ${busy}; ${reasons.join("; ")}`;
}

/** What came of it: the cells that are not valid by name. */
export function outcomeLines({ cells, parts, spanCount }: CampaignOutcome): string[] {
  const done = cells.filter(({ isDone }) => isDone).length;
  const missing = cells.flatMap(({ id, isDone, attempts, validity }) => {
    if (isDone) return [];
    return [attempts === 0 ? `not run: ${id}` : `invalid ${attempts} times: ${id}: ${validity?.reasons.join("; ")}`];
  });
  return [...missing, `${done} of ${cells.length} cells valid, in ${parts.join(", ")}; ${spanCount} spans written now`];
}

/** `1:05:09` or `5:09`. */
function clock(seconds: number): string {
  const whole = Math.round(seconds);
  const minutes = Math.floor(whole / 60) % 60;
  const rest = String(whole % 60).padStart(2, "0");
  if (whole < 3600) return `${minutes}:${rest}`;
  return `${Math.floor(whole / 3600)}:${String(minutes).padStart(2, "0")}:${rest}`;
}
