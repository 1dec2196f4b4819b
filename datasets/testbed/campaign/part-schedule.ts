import { stringify } from "yaml";
import type { Campaign } from "./campaign-schema.ts";
import type { Cell } from "./cells.ts";

export const WARM_UP_PHASE = "warm-up";
export const RECOVERY_PHASE = "recovery";

/** The schedule of one recording: warm-up, then every cell with base load after it. Load factor 1 is the base load. */
export function partSchedule(campaign: Campaign, cells: readonly Cell[]): string {
  const phases = [
    ...campaign.warmUp.map(({ utilization, seconds }) => ({
      name: WARM_UP_PHASE,
      durationSeconds: seconds,
      load: { shape: "poisson", factor: Math.round((1000 * utilization) / campaign.baseUtilization) / 1000 },
    })),
    ...cells.flatMap(({ id, seconds, load, fault, faultAfterSeconds, recoverySeconds }) => [
      { name: id, durationSeconds: seconds, load, ...(fault === null ? {} : { fault, faultAfterSeconds }) },
      { name: RECOVERY_PHASE, durationSeconds: recoverySeconds },
    ]),
  ];
  return stringify({ settleSeconds: campaign.settleSeconds, repeat: false, phases });
}

/** How long such a recording takes, seconds. */
export function partSeconds(campaign: Campaign, cells: readonly Cell[]): number {
  const warmUp = campaign.warmUp.reduce((sum, { seconds }) => sum + seconds, 0);
  return cells.reduce((sum, cell) => sum + cell.seconds + cell.recoverySeconds, warmUp);
}
