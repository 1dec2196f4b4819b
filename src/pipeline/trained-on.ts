import { dataHash } from "./data-hash.ts";

/** Whether a model's card names this recording, by its hash, among those it was trained, stopped or calibrated on. */
export async function isTrainedOn(card: string, recordingPath: string): Promise<boolean> {
  return card.includes(await dataHash(recordingPath));
}
