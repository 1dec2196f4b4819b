// Trains in a process of its own, which kills itself after an epoch: node drawn-training-child.ts <folder> <epoch>.
import { writeSync } from "node:fs";
import { orderIn, trainDrawn } from "./drawn-training.ts";

const [folder, lastEpoch] = process.argv.slice(2);
const say = (text: string): void => void writeSync(1, `${text}\n`);

await trainDrawn(orderIn(folder!), {
  onEpoch: ({ epoch }) => {
    say(`epoch ${epoch}`);
    if (epoch === Number(lastEpoch)) process.kill(process.pid, "SIGKILL");
  },
});
say("done");
