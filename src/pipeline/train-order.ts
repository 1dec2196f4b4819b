import type { FeatureSetName } from "../../models/feature-sets.ts";
import type { MessageRounds } from "../../models/network.ts";
import type { EpochLosses } from "../../models/training.ts";
import type { Settings } from "../contracts/settings.ts";
import type { TrainingSource } from "./training-data.ts";

export interface TrainOrder {
  readonly settings: Settings;
  readonly training: readonly TrainingSource[];
  readonly validation: readonly TrainingSource[];
  /** Artifact to go on from; null to begin with fresh weights. */
  readonly initPath: string | null;
  /** What fresh weights are of; with `initPath` these are the artifact's. */
  readonly features: FeatureSetName;
  readonly rounds: MessageRounds;
  readonly epochs: number;
  readonly name: string;
  readonly artifactPath: string;
  readonly checkpointFolder: string;
  /** Examples stay in the checkpoint's folder when all is done. */
  readonly keepsExamples: boolean;
  /** Of the program: another version may make other examples of the same data. */
  readonly version: string;
}

export interface TrainWatch {
  readonly signal: AbortSignal;
  readonly onReading: (progress: { what: string; index: number; count: number; share: number }) => void;
  readonly onEpoch: (progress: { epoch: number; epochs: number; losses: EpochLosses }) => void;
  /** What of an earlier run is gone on with, and what cannot be used. */
  readonly onNotice: (text: string) => void;
}
