import type { Validity } from "../../datasets/testbed/validity.ts";
import type { Settings } from "../contracts/settings.ts";

export interface CampaignInputs {
  readonly settings: Settings;
  /** Campaign file. */
  readonly campaign: string;
  /** Topology file; the built-in shop when absent. */
  readonly topology?: string;
}

export interface InjectOptions extends CampaignInputs {
  readonly folder: string;
  readonly hear: (news: CampaignNews) => void;
  readonly signal: AbortSignal;
}

/** What is told while a campaign runs. */
export type CampaignNews =
  | { readonly news: "part"; readonly folder: string; readonly cellCount: number }
  | {
      readonly news: "cell";
      readonly id: string;
      /** Cells done so far, of all. */
      readonly done: number;
      readonly total: number;
      /** When no cell has to be run again. */
      readonly leftSeconds: number;
    }
  | { readonly news: "result"; readonly id: string; readonly validity: Validity };
