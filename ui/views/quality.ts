import type { LedgerView } from "../../src/contracts/api.ts";
import { type Elem, h } from "../dom/element.ts";
import { formatCount, formatShare } from "../format/quantity.ts";
import { lossWords } from "../format/words.ts";
import { answerOf } from "../state/select.ts";
import type { AppState } from "../state/state.ts";
import { card, columnHeads, pending, scrolled, serviceLink } from "./parts.ts";

type Row = LedgerView["rows"][number];

const lostOf = (row: Row): number => Object.values(row.lost).reduce((sum, count) => sum + count, 0);

/** What came in and what could not be used, per service: a verdict is only as good as this. */
export function qualityPage(state: AppState): Elem {
  const { value: ledger, error } = answerOf(state, "ledger", "ledger");
  return h(
    "div",
    { key: "quality", class: "page quality-page" },
    h(
      "header",
      { class: "page-head" },
      h("h1", { tabindex: -1 }, "Telemetry quality"),
      h("p", { class: "muted" }, "Every span that could not be fully used is counted here, by service and reason."),
    ),
    ledger === null
      ? pending(error, "the ledger")
      : ledger.rows.length === 0
        ? h("p", { class: "pending" }, "No span has been received yet.")
        : content(ledger),
  );
}

function content(ledger: LedgerView): Elem {
  const reasons = reasonsOf(ledger);
  const rows = [...ledger.rows].sort((a, b) => share(b) - share(a) || (a.service < b.service ? -1 : 1));
  return h(
    "div",
    { class: "stack" },
    card(
      "ledger",
      "Ledger",
      scrolled(
        "Ledger",
        h(
          "table",
          { class: "ledger" },
          columnHeads(
            "Service",
            { name: "Received", class: "number" },
            { name: "With a flaw", class: "number" },
            ...reasons.map((reason) => ({ name: lossWords[reason]?.label ?? reason, class: "number" })),
          ),
          h(
            "tbody",
            {},
            rows.map((row) => ledgerRow(row, reasons)),
            totalRow(rows, reasons),
          ),
        ),
      ),
    ),
    card(
      "reasons",
      "What each means",
      reasons.length === 0
        ? h("p", { class: "muted" }, "Nothing was lost.")
        : h(
            "dl",
            { class: "reasons" },
            reasons.map((reason) =>
              h(
                "div",
                {},
                h("dt", {}, lossWords[reason]?.label ?? reason),
                h("dd", {}, lossWords[reason]?.meaning ?? "counted by the server"),
              ),
            ),
          ),
    ),
  );
}

const share = (row: Row): number => lostOf(row) / Math.max(1, row.received);

/** Reasons that occur, in the order of the words above. */
function reasonsOf(ledger: LedgerView): readonly string[] {
  const seen = new Set(
    ledger.rows.flatMap((row) => Object.entries(row.lost).flatMap(([reason, count]) => (count > 0 ? [reason] : []))),
  );
  const order = Object.keys(lossWords);
  return [...seen].sort((a, b) => (order.indexOf(a) + 1 || 99) - (order.indexOf(b) + 1 || 99));
}

const ledgerRow = (row: Row, reasons: readonly string[]): Elem =>
  h(
    "tr",
    { key: row.service },
    h("th", { scope: "row" }, serviceLink(row.service)),
    h("td", { class: "number" }, formatCount(row.received)),
    h(
      "td",
      { class: share(row) > 0.05 ? "number warn" : "number" },
      lostOf(row) === 0
        ? h("span", { class: "muted" }, "none")
        : `${formatShare(share(row))}${share(row) > 0.05 ? " ▲" : ""}`,
    ),
    reasons.map((reason) => h("td", { class: "number" }, countCell(row.lost[reason] ?? 0))),
  );

const countCell = (count: number): Elem | string =>
  count === 0 ? h("span", { class: "muted" }, "0") : formatCount(count);

function totalRow(rows: readonly Row[], reasons: readonly string[]): Elem {
  const received = rows.reduce((sum, row) => sum + row.received, 0);
  const lost = rows.reduce((sum, row) => sum + lostOf(row), 0);
  return h(
    "tr",
    { key: "all services", class: "total" },
    h("th", { scope: "row" }, "All"),
    h("td", { class: "number" }, formatCount(received)),
    h("td", { class: "number" }, lost === 0 ? "none" : formatShare(lost / Math.max(1, received))),
    reasons.map((reason) =>
      h("td", { class: "number" }, formatCount(rows.reduce((sum, row) => sum + (row.lost[reason] ?? 0), 0))),
    ),
  );
}
