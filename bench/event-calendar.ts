/**
 * The hold model (Vaucher and Duval 1975): n events are pending, the next is taken and another scheduled, over and over.
 * Once with the calendar's heap alone and once with its days, for delays that spread well and for two kinds mixed, as
 * service times are with timeouts. Shows from how many pending events on days are worth it. Run: node bench/event-calendar.ts
 */

import { engineProbe } from "../test/twin/kernel/engine-probe.ts";
import { exponential, type RandomStream, stream } from "../twin/kernel/random.ts";
import { median } from "./twin/statistics.ts";

const ROUNDS = 5;
const WARM_UP = 100_000;
const OPERATIONS = 1_000_000;
const DELAYS = 65_536;
const PENDING = [2, 8, 16, 32, 64, 128, 256, 1024, 4096, 16_384, 65_536];

const kinds: Record<string, (random: RandomStream) => number> = {
  exponential: (random) => exponential(random, 1),
  "95 % short, 5 % a thousand times as long": (random) => exponential(random, random.nextUniform() < 0.95 ? 0.01 : 10),
};

const { probe, startCalendar } = await engineProbe();
const delaysAt = probe.newColumn(DELAYS);

for (const [name, draw] of Object.entries(kinds)) {
  const random = stream(1, "hold", name);
  const delays = Float64Array.from({ length: DELAYS }, () => draw(random));
  console.log(`\n${name}: million takes with a schedule each, by CPU second\n pending     heap     days`);
  for (const pending of PENDING) {
    const heap: number[] = [];
    const days: number[] = [];
    for (let round = 0; round < ROUNDS; round++) {
      heap.push(hold(Number.POSITIVE_INFINITY, pending, delays));
      days.push(hold(1, pending, delays));
    }
    const columns = [median(heap), median(days)].map((pace) => pace.toFixed(1).padStart(8));
    console.log(`${String(pending).padStart(8)} ${columns.join(" ")}`);
  }
}

/** Million operations a CPU second. */
function hold(daysFrom: number, pending: number, delays: Float64Array): number {
  const calendar = startCalendar(PENDING.at(-1)!, daysFrom);
  new Float64Array(probe.memory.buffer, delaysAt, DELAYS).set(delays);
  for (let event = 0; event < pending; event++) calendar.schedule(delays[event % DELAYS]!, event);
  probe.hold(delaysAt, DELAYS, WARM_UP);
  const before = process.cpuUsage();
  probe.hold(delaysAt, DELAYS, OPERATIONS);
  const { user, system } = process.cpuUsage(before);
  return OPERATIONS / (user + system);
}
