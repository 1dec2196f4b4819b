import type { Status } from "../../src/contracts/api.ts";
import { type Elem, h } from "../dom/element.ts";
import { formatCount, plural } from "../format/quantity.ts";
import { calmOf, wellSinceSeconds } from "../state/select.ts";
import type { AppState } from "../state/state.ts";
import type { Act } from "./act.ts";
import { connectCard } from "./connect.ts";
import { healthTag, moment, progress } from "./parts.ts";

/** Why there is no (open) incident to see, and what to do about it. Null while there is one. */
export function calm(state: AppState, act: Act): Elem | null {
  const status = state.status;
  const hasOpen = state.incidents?.some((incident) => incident.state === "open") ?? false;
  if (status === null) return null;
  switch (calmOf(state)) {
    case "waiting":
      return connectCard(status, act);
    case "learning":
      return learning(status);
    case "well":
      return hasOpen ? null : well(state, status);
    default:
      return null;
  }
}

/** No incident is open; a service under suspicion or a surge of traffic is told all the same. */
function well(state: AppState, status: Status): Elem {
  const suspects = (state.map?.nodes ?? []).filter((node) => node.health === "suspect" || node.health === "faulty");
  const first = suspects[0];
  if (first !== undefined) {
    const others = suspects.length > 1 ? ` and ${plural(suspects.length - 1, "other")}` : "";
    return h(
      "div",
      { key: "well", class: "calm calm-well health-suspect" },
      h("p", { class: "calm-title" }, healthTag("suspect", `Looking at ${first.name}${others}`)),
      h(
        "p",
        { class: "muted" },
        "Slower than expected at this load. An incident opens when the evidence is enough, and not before.",
      ),
    );
  }
  if (status.traffic !== null) {
    return h(
      "div",
      { key: "well", class: "calm calm-well health-traffic" },
      h("p", { class: "calm-title" }, healthTag("traffic", "No fault")),
      h("p", { class: "muted" }, "What is slow is slow because of its load, as the twin predicts."),
    );
  }
  return allWell(state);
}

function allWell(state: AppState): Elem {
  const since = wellSinceSeconds(state);
  const services = state.map?.nodes.length ?? 0;
  return h(
    "div",
    { key: "well", class: "calm calm-well health-healthy" },
    h(
      "p",
      { class: "calm-title" },
      healthTag("healthy", "All well"),
      since === null ? null : h("span", {}, " since ", moment(since, state.status?.eventTimeSeconds ?? null)),
    ),
    h(
      "p",
      { class: "muted" },
      `${plural(services, "service")} and stations answer as fast as the twin expects at the load they have now. An incident shows here when one does not.`,
    ),
  );
}

/** Longest list of services told one by one. */
const toldLimit = 40;

function learning(status: Status): Elem {
  const rows = [...status.readiness].sort((a, b) => share(a) - share(b) || (a.node < b.node ? -1 : 1));
  return h(
    "div",
    { key: "learning", class: "calm calm-learning" },
    h(
      "p",
      { class: "calm-title" },
      healthTag("learning", `Learning: ${status.readyCount} of ${plural(rows.length, "service")} ready`),
    ),
    progress(status.readyCount, rows.length, "Services ready"),
    h(
      "p",
      { class: "muted" },
      rows.length === 0
        ? "The first spans are in; services appear once a whole window of them has passed."
        : "No verdict is given before the twin knows how each service behaves. Keep normal traffic flowing; there is nothing to configure.",
    ),
    rows.length === 0
      ? null
      : h(
          "table",
          { class: "readiness-table" },
          h("caption", { class: "unseen" }, "Readiness of each service"),
          h(
            "thead",
            { class: "unseen" },
            h(
              "tr",
              {},
              h("th", { scope: "col" }, "Service"),
              h("th", { scope: "col" }, "Progress"),
              h("th", { scope: "col" }, "Visits learned"),
            ),
          ),
          h(
            "tbody",
            {},
            rows
              .slice(0, toldLimit)
              .map((row) =>
                h(
                  "tr",
                  { key: row.node },
                  h("th", { scope: "row", title: row.node }, row.node),
                  h("td", {}, progress(row.visitsLearned, row.visitsNeeded, `${row.node}: visits learned`)),
                  h(
                    "td",
                    { class: "number" },
                    row.isReady
                      ? "ready"
                      : `${formatCount(Math.min(row.visitsLearned, row.visitsNeeded))} of ${formatCount(row.visitsNeeded)}`,
                  ),
                ),
              ),
          ),
        ),
    rows.length > toldLimit ? h("p", { class: "muted" }, `and ${rows.length - toldLimit} more`) : null,
  );
}

const share = (row: Status["readiness"][number]): number =>
  row.isReady ? 1 : Math.min(0.999, row.visitsLearned / Math.max(1, row.visitsNeeded));
