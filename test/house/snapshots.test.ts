// Goal: nothing that a line remembers is forgotten by a checkpoint.
// Method: every class of the rooms that remember is read from its source. It holds all its fields in `snapshot` and takes
// them back in `restore` (or `restored`), or it is named here with the reason why it need not. What the state of the parts
// comes to is tried in test/pipeline/checkpoint; this finds the field that those recordings never use. The reader is tried
// on planted classes first.
import { describe, expect, test } from "vitest";
import { type ClassSource, classesOf } from "./classes.ts";
import { allModules } from "./sources.ts";

const remembering = ["src/topology/", "src/detection/", "twin/", "models/"];
const others = new Map([
  ["src/telemetry/ledger.ts", "the ledger counts for the line"],
  ["src/telemetry/name-registry.ts", "the columns hold its numbers"],
  ["src/telemetry/string-table.ts", "the columns hold its numbers"],
  ["src/pipeline/line.ts", "the line itself"],
  ["src/pipeline/learning-gate.ts", "part of the line"],
  ["src/pipeline/keeper.ts", "it watches the line and remembers spans"],
  ["src/pipeline/live-view.ts", "it watches the line and counts"],
  ["src/pipeline/deployment-log.ts", "part of those who watch"],
]);
/** The engine is another language, and a scenario is asked and answered in one go. */
const apart = ["twin/kernel/engine/", "twin/what-if/"];

/** Classes whose instances do not outlive one call of the line, or hold nothing but what can be made again. */
const passing: Readonly<Record<string, string>> = {
  TraceSpans: "filled anew for every trace",
  VisitSplitter: "what it holds beside the registry is filled anew for every fragment",
  GrowingColumn: "whoever holds it takes its values",
  Questions: "of one window",
  CallPaths: "of one window",
  Grouping: "of one window",
  ConditionalRows: "of one simulation",
  RandomStream: "of one simulation: seeds come from settings and window numbers",
  Engine: "equal inputs give equal outputs, whatever ran before",
  Scale: "of one identification",
  EventHeap: "of one identification",
  SharedClock: "of one identification",
  SampledStation: "of one identification",
  SelfIntervalList: "of one window",
};

/** Fields that whoever makes the object again gives it again. */
const given = new Set([
  "TraceBuffer.limit",
  "Assembler.registry",
  "Assembler.ledger",
  "Assembler.defaultWeight",
  "PendingSends.limit",
  "PendingSends.keepSeconds",
  "Observer.options",
  "Observer.ledger",
  "Detector.falseAlarmsPerWeek",
  "OpenIncidents.board",
  "Silencing.rules",
  "Silencing.follower",
  "CountingLedger.maxServices",
  "NameRegistry.ledger",
  "NameRegistry.maxOperationsPerService",
  "StringTable.capacity",
  "LearningGate.delaySeconds",
  "LearningGate.excluded",
  "Line.watched",
  "Line.listeners",
  "Line.run",
  "Keeper.writer",
  "Keeper.retentionSeconds",
  "LiveView.line",
  "LiveView.ledger",
  "LiveView.model",
  "LiveView.fixed",
  "LiveView.told",
  "LiveView.intake",
  "LiveView.listeners",
  "LiveView.listening",
  "LiveView.demoStep",
  "Twin.options",
  "NumberRing.capacity",
  "LimitEdits.windowsNeeded",
  "History.limits",
  "Rings.max",
  "VisitStore.limits",
  "Learner.learningWindows",
  "Epochs.windowsNeeded",
  "Epochs.visitsNeeded",
  "Drift.budget",
  "Drift.settleSeconds",
  "Drifts.budget",
  "Drifts.settleSeconds",
  "ValueRing.capacity",
]);

/** Fields that follow from others, or hold nothing between two batches. */
const derived: Readonly<Record<string, string>> = {
  "StringTable.ids": "made again from the texts",
  "Observer.spans": "filled anew for every trace",
  "Observer.closed": "empty between two batches",
  "Assembler.splitter": "it holds the registry alone",
  "Twin.current": "made again from the window",
  "Twin.variants": "drawn again from the knowledge with the same seed",
  "Twin.variantsOfKnowledge": "restored as whether the networks are of the knowledge there is",
  "Twin.jobsBefore": "made again from the window",
  "Twin.jobs": "of the window at hand, of which nobody asks when the next batch comes",
  "CapacityModel.knowledge": "given by the twin when that is restored",
  "CapacityModel.variants": "given by the twin when that is restored",
  "VisitStore.visitsByInstance": "the visits of the logs",
  "Reference.meanSeconds": "computed from the sorted samples",
  "Reference.p95Seconds": "computed from the sorted samples",
  "Reference.variance": "computed from the sorted samples",
};

const isExempt = (name: string): boolean => given.has(name) || name in derived;

/** Fields that a class forgets, as `Class.field method`. */
function forgotten({ name, fields, methods }: ClassSource): string[] {
  const takesBack = methods.get("restore") ?? methods.get("restored");
  return fields
    .map((field) => [field, `${name}.${field}`] as const)
    .filter(([, path]) => !isExempt(path))
    .flatMap(([field, path]) => [
      ...(methods.get("snapshot")?.has(field) === true ? [] : [`${path} snapshot`]),
      ...(takesBack?.has(field) === true ? [] : [`${path} restore`]),
    ]);
}

const classes = allModules()
  .filter(({ path }) => others.has(path) || remembering.some((room) => path.startsWith(room)))
  .filter(({ path }) => !path.endsWith(".d.ts") && !apart.some((room) => path.startsWith(room)))
  .flatMap(({ text }) => classesOf(text))
  .filter(({ fields }) => fields.length > 0);

describe("the reader of classes", () => {
  const [planted] = classesOf(`
    class Planted<T extends Iterable<number>> extends Other {
      static readonly none = 0;
      readonly #options: { readonly limit: number };
      #known: { readonly from: number }[] = [];
      label = \`a \${{ b: "}" }.b} c\`;
      readonly add = (value: number): void => { this.#known.push({ from: value }); };
      get size(): number { return this.#known.length; }
      snapshot() { return { known: [...this.#known] }; }
      #of<K>(key: K): { readonly a: number } { const later = 1; return { a: later }; }
      override async restore({ known }: { known: [] }): Promise<void> { this.#known = known; }
    }`);

  test("finds fields, not accessors, methods and what is inside of them", () => {
    expect(planted!.fields).toEqual(["options", "known", "label", "add"]);
    expect([...planted!.methods.keys()]).toEqual(["size", "snapshot", "of", "restore"]);
  });

  test("finds what a class does not take down, and what it does not take back", () => {
    expect(forgotten(planted!)).toEqual([
      "Planted.options snapshot",
      "Planted.options restore",
      "Planted.label snapshot",
      "Planted.label restore",
      "Planted.add snapshot",
      "Planted.add restore",
    ]);
  });
});

describe("state", () => {
  test("is held by many classes", () => {
    expect(classes.filter(({ methods }) => methods.has("snapshot")).length).toBeGreaterThan(45);
  });

  test("is taken down and taken back by every class that remembers", () => {
    expect(classes.filter(({ name, methods }) => !(name in passing) && !methods.has("snapshot"))).toEqual([]);
  });

  test("is taken down and taken back field by field", () => {
    expect(classes.filter(({ methods }) => methods.has("snapshot")).flatMap(forgotten)).toEqual([]);
  });

  test("has no exemption that nothing needs any more", () => {
    const fields = new Set(classes.flatMap(({ name, fields }) => fields.map((field) => `${name}.${field}`)));
    const names = new Set(classes.map(({ name }) => name));
    expect([...given, ...Object.keys(derived)].filter((each) => !fields.has(each))).toEqual([]);
    expect(Object.keys(passing).filter((each) => !names.has(each))).toEqual([]);
  });

  test("is nowhere beside the classes: no module of the rooms that remember has variables of its own", () => {
    const caches = ["twin/kernel/engine.ts"];
    const found = allModules()
      .filter(({ path }) => remembering.some((room) => path.startsWith(room)))
      .filter(({ path }) => !apart.some((room) => path.startsWith(room)) && !caches.includes(path))
      .filter(({ text }) => /^(export )?let /m.test(text))
      .map(({ path }) => path);
    expect(found).toEqual([]);
  });
});
