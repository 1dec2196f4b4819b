/**
 * How often the twin finds the discipline and the number of servers of a station. Truth comes from the separate simulator in
 * `datasets/synthetic`, whose spans go through the product's observer and calibration, and from a testbed recording, whose
 * shop declares its pools. Right is the first of the plausible structures; stations busier than 0.25 count. Last line: one
 * JSON object. Run: npm run bench:identification [-- [applications a condition] [testbed recording]]
 */

import { calibrate } from "../twin/learning/calibrate.ts";
import { describeVerdicts, judge, ofLoaded, share, tableHead, type Verdict } from "./identification/scores.ts";
import { readTestbed } from "./identification/testbed.ts";
import { type Condition, runTruth, type TruthRun } from "./identification/truth-runs.ts";

const applicationCount = Number(process.argv[2] ?? 6);
if (!(Number.isInteger(applicationCount) && applicationCount >= 1))
  throw new RangeError(`applications a condition: ${process.argv[2]} must be whole and ≥ 1`);
const testbedFolder = process.argv[3] ?? "datasets/sample";

const FIRST_SEED = 101;
const SIZE = { serviceCount: 12, seconds: 300 };
const LARGE = { serviceCount: 50, seconds: 900 };

const CONDITIONS: readonly (Condition & { readonly key: string })[] = [
  { key: "clean", name: "clean" },
  { key: "loss", name: "5 % of spans lost", disturbances: { lossProbability: 0.05 } },
  { key: "noise", name: "10 % timestamp noise", disturbances: { noiseShare: 0.1 } },
  { key: "skew", name: "clocks ± 50 ms apart", disturbances: { skewSeconds: 0.05 } },
  { key: "pause", name: "GC pauses of 30 ms", draw: { hasPauses: true } },
  { key: "autocorrelated", name: "AR(1) 0.7 service times", draw: { autocorrelation: 0.7 } },
];

console.log(`${applicationCount} applications of ${SIZE.serviceCount} services and ${SIZE.seconds} s a condition`);
console.log(tableHead());
const shares: Record<string, number> = {};
for (const { key, ...condition } of CONDITIONS) {
  const verdicts = Array.from({ length: applicationCount }, (_, k) =>
    verdictsOf(runTruth(FIRST_SEED + k, condition, SIZE)),
  ).flat();
  report(condition.name, `${key}Share`, verdicts);
}
report(`testbed, ${testbedFolder}`, "testbedShare", verdictsOf(await readTestbed(testbedFolder)));

const large = runTruth(FIRST_SEED, { name: "large" }, LARGE);
const visitCount = [...large.history.visitsByInstance.values()].reduce((sum, visits) => sum + visits.length, 0);
// Time of the processor: the machine may have other things to do.
const before = process.cpuUsage();
calibrate(large.history, large.topology);
const { user, system } = process.cpuUsage(before);
const calibrationSeconds = (user + system) / 1e6;
console.log(
  `calibration of ${LARGE.serviceCount} services from ${LARGE.seconds} s, ${visitCount} visits kept: ${calibrationSeconds.toFixed(1)} s`,
);
console.log(JSON.stringify({ ...shares, calibrationSeconds: Number(calibrationSeconds.toFixed(2)) }));

function verdictsOf({ history, topology, stations }: TruthRun): Verdict[] {
  return judge(stations, calibrate(history, topology), topology);
}

function report(name: string, key: string, verdicts: readonly Verdict[]): void {
  console.log(describeVerdicts(name, verdicts));
  shares[key] = Number(share(ofLoaded(verdicts), (each) => each.isRight).toFixed(3));
}
