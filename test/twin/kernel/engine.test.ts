// Goal: what ships is what the sources say, and the engine draws the very numbers that the rest of the twin draws.
// Method: the engine is compiled anew and held against the module that carries it; streams are drawn from side by side.
import { readFile } from "node:fs/promises";
import { expect, test } from "vitest";
import { engineModule } from "../../../twin/kernel/build-engine.ts";
import { compileNetwork } from "../../../twin/kernel/compile-network.ts";
import { stream } from "../../../twin/kernel/random.ts";
import { simulate } from "../../../twin/kernel/simulate.ts";
import { arrivalsAt, fifo, single } from "../networks.ts";
import { engineProbe } from "./engine-probe.ts";

test("the engine that ships is what its sources compile to (if not: npm run build:engine)", async () => {
  const shipped = await readFile(new URL("../../../twin/kernel/engine-bytes.ts", import.meta.url), "utf8");
  expect(shipped === (await engineModule())).toBe(true);
});

test("the engine's streams give what streams give, in whatever order they are drawn from", async () => {
  const probe = await engineProbe();
  const entities = [3, "gateway", 0, 1_000_000];
  const pairs = entities.map((entity) => ({ engine: probe.stream(11, entity, "x"), twin: stream(11, entity, "x") }));
  const order = stream(1, "order", "index");
  for (let draw = 0; draw < 2000; draw++) {
    const { engine, twin } = pairs[order.nextIndex(pairs.length)]!;
    if (draw % 2 === 0) expect(engine.nextUniform()).toBe(twin.nextUniform());
    else expect(engine.nextIndex(2 ** 21)).toBe(twin.nextIndex(2 ** 21));
  }
});

test("a run that fails leaves nothing behind: the next one is as if it had never been", () => {
  const network = compileNetwork(single(fifo(1), [1]));
  const before = simulate(network, arrivalsAt(0, 1, 1.5), { seed: 1 });
  const tooLong = compileNetwork(single(fifo(1), [Number.MAX_VALUE]));
  expect(() => simulate(tooLong, arrivalsAt(0, Number.MAX_VALUE), { seed: 1 })).toThrow(
    "nothing can happen at Infinity s",
  );
  expect(simulate(network, arrivalsAt(0, 1, 1.5), { seed: 1 })).toEqual(before);
});

test("a run that needs much memory does not change those that follow", () => {
  const network = compileNetwork(single(fifo(1), [1]));
  const many = { timeSeconds: new Float64Array(1_000_000), operation: new Uint32Array(1_000_000) };
  const before = simulate(network, arrivalsAt(0, 1, 1.5), { seed: 1 });
  expect(simulate(network, many, { seed: 1, maxOpenVisits: 1_000_000 }).count).toBe(1_000_000);
  expect(simulate(network, arrivalsAt(0, 1, 1.5), { seed: 1 })).toEqual(before);
});
