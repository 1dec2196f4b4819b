import { expect, test } from "vitest";
import { incidentMarkdown } from "../../ui/format/incident-markdown.ts";
import { openFault, openTraffic } from "../browser/fixtures/incidents.ts";

test("an incident as Markdown holds the verdict, the numbers, the suspects, what is ruled out, the evidence and the link", () => {
  const text = incidentMarkdown(openFault, "http://here/#/incidents/1");
  expect(text).toContain(`## Fault: ${openFault.summary}`);
  expect(text).toContain("| POST /checkout at gateway | 640 ms | 118 ms | 6.2/s |");
  expect(text).toContain("| pricing | slow code | 93 % | 97 % |");
  for (const item of openFault.ruledOut) expect(text).toContain(item.reason);
  for (const traceId of openFault.evidenceTraceIds) expect(text).toContain(traceId);
  expect(text.trimEnd().endsWith("http://here/#/incidents/1")).toBe(true);
});

test("a pipe in a name does not break the table, and empty parts leave no heading behind", () => {
  const impact = [
    { operation: "GET /a|b", node: "n", observedP95Seconds: 1, predictedP95Seconds: 1, arrivalRatePerSecond: 1 },
  ];
  const text = incidentMarkdown({ ...openTraffic, impact }, "x");
  expect(text).toContain("GET /a\\|b at n");
  expect(text).not.toContain("### Suspects");
  expect(text).not.toContain("### Evidence");
  expect(text).toContain("## Traffic, not fault:");
});
