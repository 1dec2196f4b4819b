import type { Incident, Suspect } from "../../src/contracts/incident.ts";
import { type Elem, h } from "../dom/element.ts";
import { formatDuration, formatFactor, formatRate, formatShare } from "../format/quantity.ts";
import { kindWords } from "../format/words.ts";
import { shareBar } from "../marks/share-bar.ts";
import { card, columnHeads, facts, link, scrolled, serviceLink } from "./parts.ts";

/** Who is suspected, with the share of the excess that goes away in the twin without it. */
export function suspects(incident: Incident): Elem {
  const list = incident.suspects;
  return card(
    "suspects",
    "Suspects",
    list.length === 0
      ? h(
          "p",
          { class: "muted" },
          incident.verdict === "traffic"
            ? "None: the twin explains the slowdown by load alone."
            : "None could be named.",
        )
      : [
          h(
            "p",
            { class: "muted" },
            "Share of the excess latency that goes away in the twin when this one is put back to normal.",
          ),
          h(
            "ol",
            { class: "suspects" },
            list.map((suspect, index) => suspectItem(suspect, index)),
          ),
          movedSinceOpening(incident),
        ],
  );
}

const suspectItem = (suspect: Suspect, index: number): Elem =>
  h(
    "li",
    { key: suspect.node, class: index === 0 ? "suspect first" : "suspect" },
    h(
      "div",
      { class: "suspect-head" },
      serviceLink(suspect.node),
      h("span", { class: "kind" }, `${kindWords[suspect.kind]} ${formatShare(suspect.kindProbability)}`),
      h("strong", { class: "number" }, formatShare(suspect.explainedShare)),
    ),
    shareBar(suspect.explainedShare, index === 0 ? "cause" : "other", 320),
    h("p", {}, suspect.size === null ? suspect.reason : `The twin fits: ${suspect.size}; ${suspect.reason}`),
  );

/** The ranking at the alarm is told when it named another cause first: nobody should wonder why the alert said so. */
function movedSinceOpening(incident: Incident): Elem | null {
  const then = incident.suspectsAtOpening[0];
  const now = incident.suspects[0];
  if (then === undefined || now === undefined || then.node === now.node) return null;
  return h("p", { class: "muted" }, `When it opened, ${then.node} (${kindWords[then.kind]}) was ranked first.`);
}

export const ruledOut = (incident: Incident): Elem | null =>
  incident.ruledOut.length === 0
    ? null
    : card(
        "ruled-out",
        "Ruled out, and why",
        h(
          "ul",
          { class: "ruled-out" },
          incident.ruledOut.map((item) =>
            h(
              "li",
              {},
              h("span", { class: "ruled-mark", "aria-hidden": "true" }, "×"),
              h("div", {}, h("strong", {}, item.what), h("p", {}, item.reason)),
            ),
          ),
        ),
      );

export const bottleneck = (incident: Incident): Elem | null =>
  incident.bottleneck === null
    ? null
    : card(
        "bottleneck",
        "Bottleneck",
        facts([
          ["Limits the system", serviceLink(incident.bottleneck.node)],
          [
            "Its utilisation",
            h(
              "span",
              { class: "with-bar" },
              formatShare(incident.bottleneck.utilization),
              shareBar(incident.bottleneck.utilization, "utilization", 96),
            ),
          ],
          ["Saturates at", `${formatRate(incident.bottleneck.saturationRatePerSecond)} entry requests`],
          ["Load then", formatRate(incident.entryRatePerSecond)],
        ]),
      );

export const impactTable = (incident: Incident): Elem =>
  card(
    "impact",
    "What users feel",
    incident.impact.length === 0
      ? h("p", { class: "muted" }, "No operation at the edge of the system is slower than predicted.")
      : scrolled(
          "What users feel",
          h(
            "table",
            {},
            columnHeads(
              "Operation",
              { name: "p95 observed", class: "number" },
              { name: "p95 expected", class: "number" },
              { name: "Slower", class: "number" },
              { name: "Rate", class: "number" },
            ),
            h(
              "tbody",
              {},
              incident.impact.map((impact) =>
                h(
                  "tr",
                  { key: `${impact.node} ${impact.operation}` },
                  h("th", { scope: "row" }, impact.operation, h("span", { class: "muted" }, ` at ${impact.node}`)),
                  h("td", { class: "number" }, formatDuration(impact.observedP95Seconds)),
                  h("td", { class: "number" }, formatDuration(impact.predictedP95Seconds)),
                  h(
                    "td",
                    { class: "number" },
                    formatFactor(impact.observedP95Seconds, impact.predictedP95Seconds) ?? "–",
                  ),
                  h("td", { class: "number" }, formatRate(impact.arrivalRatePerSecond)),
                ),
              ),
            ),
          ),
        ),
  );

export const evidence = (incident: Incident): Elem | null =>
  incident.evidenceTraceIds.length === 0
    ? null
    : card(
        "evidence",
        "Evidence",
        h("p", { class: "muted" }, "Requests that show it best."),
        h(
          "ul",
          { class: "traces" },
          incident.evidenceTraceIds.map((traceId) =>
            h("li", { key: traceId }, link({ page: "trace", traceId }, { class: "mono" }, traceId)),
          ),
        ),
      );
