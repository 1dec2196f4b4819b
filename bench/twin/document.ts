import { writeFileSync } from "node:fs";

const target = new URL("../../docs/benchmarks.md", import.meta.url);

const text = `# How fast the twin's kernel is

Written by \`npm run bench:twin -- --document\`; figures of one machine on one day, which other work shares. Compare ratios, which
come from runs that took turns, rather than paces.

- **Open network**: 50 stations of 8 servers, exponential service, a job goes from station to station at random and makes
  5 visits in the mean, ρ = 0.7. The kernel runs it as it runs an application: stations, call programs, asynchronous
  calls, one row a visit. C++ ([reference.cpp](../bench/twin/reference.cpp), g++ -O3 -march=native) runs the same algorithm
  with the same random streams; that both did the same work is checked by a checksum over all sojourn times, and the mean
  is checked against Erlang C. SimPy ([open-network.py](../bench/twin/open-network.py)) runs a process for each job.
- **Services**: 20 services on 37 instances, 18 spans a request, calls at once or one after the other, network gaps, service
  times in blocks of observed rows; FIFO: worker pools held while calls are out, PS: shared CPUs behind worker pools. Real
  time: how much faster than the 3,000 spans a second it stands for.
- **Stations**: applications of ten services side by side, FIFO, each under the same load, up to 1,000 stations.

The kernel's engine is WebAssembly ([decision 0011](decisions/0011-engine-in-webassembly.md)). What is between it and C++ is mostly
the copying of half a million rows out of its memory, a seventh of the open network's time; a run that reports
requests only does without.

The event calendar has a bench of its own, \`node bench/event-calendar.ts\`; its figures stand in
[decision 0010](decisions/0010-calendar-of-days-over-a-heap.md).
`;

/** Writes docs/benchmarks.md: what is measured, and the lines that were printed. */
export function writeBenchmarks(lines: readonly string[]): void {
  const date = new Date().toISOString().slice(0, 10);
  writeFileSync(target, `${text}\n## ${date}\n\n\`\`\`text\n${lines.join("\n").trim()}\n\`\`\`\n`);
}
