import type { Counters } from "../self/counters.ts";
import type { Line } from "./line.ts";

/** Adds what was learned, what was kept from being learned, and what was not told, to the process's own numbers. */
export function countLearning(counters: Counters, line: Line): void {
  const { gate } = line;
  counters.read("counter", "spantwin_windows_dropped_total", "Windows not learned: suspicion fell on them.", () => {
    return gate.droppedCount;
  });
  counters.read(
    "counter",
    "spantwin_windows_excluded_total",
    "Windows not learned: settings or feedback exclude them.",
    () => {
      return gate.excludedCount;
    },
  );
  counters.read(
    "counter",
    "spantwin_windows_learned_early_total",
    "Windows on which suspicion fell when they had been learned: the learning delay is too short.",
    () => gate.lateCount,
  );
  counters.read("counter", "spantwin_incidents_silenced_total", "Incidents not told: feedback silences them.", () => {
    return line.silencedCount;
  });
  counters.read(
    "counter",
    "spantwin_incidents_crowded_out_total",
    "Nodes with evidence enough for an incident while as many were open as can be.",
    () => line.detector.crowdedOutCount,
  );
  counters.read("gauge", "spantwin_intentional_waits", "Operations that wait on purpose: no evidence.", () => {
    return line.waits.count;
  });
  counters.read("gauge", "spantwin_twin_visits", "Visits the twin remembers.", () => line.memory.visits);
  counters.read("gauge", "spantwin_twin_instances", "Instances whose visits the twin remembers.", () => {
    return line.memory.instances;
  });
  counters.read("counter", "spantwin_twin_forgotten_instances_total", "Instances the twin forgot.", () => {
    return line.memory.forgottenInstances;
  });
  counters.read("counter", "spantwin_twin_refused_samples_total", "Samples beyond the twin's limits.", () => {
    return line.memory.refused;
  });
}
