import { expect, test } from "vitest";

import { createLog, type LogTarget } from "../../src/self/log.ts";
import { SaidOnce } from "../../src/self/said-once.ts";

function collect(isTTY = false): LogTarget & { lines: string[] } {
  const lines: string[] = [];
  return { isTTY, lines, write: (line) => lines.push(line) };
}

test("for people a message is one short line with its time, level, reason and fields", () => {
  const target = collect();
  const log = createLog({ json: false, target });
  log.info("listening", { address: "http://127.0.0.1:7171" });
  log.error("store failed", { error: new Error("disk full"), retriable: true });
  log.debug("never said");
  expect(target.lines).toHaveLength(2);
  expect(target.lines[0]).toMatch(/^\d\d:\d\d:\d\d info {2}listening address=http:\/\/127\.0\.0\.1:7171\n$/);
  expect(target.lines[1]).toMatch(/^\d\d:\d\d:\d\d error store failed: disk full retriable=true\n$/);
});

test("a name with line breaks and terminal codes cannot pass for a line of ours", () => {
  const target = collect();
  createLog({ json: false, target }).warn("odd name", { service: "a\n00:00:00 info  all is well\u001b[2J\u202e" });
  expect(target.lines).toHaveLength(1);
  expect(target.lines[0]?.trimEnd()).not.toMatch(/[\p{Cc}\p{Cf}]/u);
});

test("colour is for terminals only", () => {
  const terminal = collect(true);
  const pipe = collect(false);
  createLog({ json: false, target: terminal }).warn("hot");
  createLog({ json: false, target: pipe }).warn("hot");
  expect(terminal.lines[0]?.includes("\u001b[")).toBe(process.env["NO_COLOR"] === undefined);
  expect(pipe.lines[0]).not.toContain("\u001b");
});

test("with json it is quiet: warnings and errors only, each an object on a line", () => {
  const target = collect();
  const log = createLog({ json: true, target });
  log.info("progress");
  log.warn("late spans", { service: "cart", error: new Error("x") });
  expect(target.lines).toHaveLength(1);
  expect(JSON.parse(target.lines[0] ?? "")).toMatchObject({
    level: 40,
    msg: "late spans",
    service: "cart",
    error: { message: "x" },
  });
});

test("a problem is said once, counted from then on, and summed up at the end", () => {
  const target = collect();
  const problems = new SaidOnce(createLog({ json: false, target }));
  for (let i = 0; i < 5; i++) problems.warn("late:cart", "cart sends late spans");
  problems.warn("skew:cart", "cart's clock is off");
  expect(target.lines).toHaveLength(2);
  expect(problems.counts()).toEqual([
    { key: "late:cart", count: 5 },
    { key: "skew:cart", count: 1 },
  ]);
  problems.summarize();
  expect(target.lines.slice(2).join("")).toMatch(/cart sends late spans: 5 times in all\n$/);
});

test("endless different problems fill neither the log nor the memory, and are all counted", () => {
  const target = collect();
  const problems = new SaidOnce(createLog({ json: false, target }));
  for (let i = 0; i < 3000; i++) problems.warn(`key-${i}`, `problem ${i}`);
  expect(target.lines).toHaveLength(1001);
  expect(problems.counts()).toHaveLength(1001);
  expect(problems.counts().at(-1)).toEqual({ key: "other", count: 2000 });
});

test("the level that is asked for is the least severe that is written", () => {
  const target = collect();
  const log = createLog({ json: true, level: "info", target });
  log.debug("detail");
  log.info("progress");
  createLog({ json: false, level: "error", target }).warn("not this");
  expect(target.lines.map((line) => JSON.parse(line).msg)).toEqual(["progress"]);
});
