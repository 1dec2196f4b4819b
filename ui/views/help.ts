import { type Elem, h } from "../dom/element.ts";
import { healthsByWeight, healthWords } from "../format/words.ts";
import type { Act } from "./act.ts";
import { healthTag } from "./parts.ts";

/** The keyboard map, as it is shown and as `keys.ts` obeys it. */
export const keyHelp: readonly { readonly keys: readonly string[]; readonly what: string }[] = [
  { keys: ["?"], what: "this help" },
  { keys: ["g", "i"], what: "go to incidents" },
  { keys: ["g", "t"], what: "go to telemetry quality" },
  { keys: ["g", "m"], what: "go to the model" },
  { keys: ["j", "k"], what: "next, previous incident" },
  { keys: ["Enter"], what: "open what has the focus" },
  { keys: ["↑", "↓", "←", "→"], what: "on the map: nearest node; in a chart: move the crosshair" },
  { keys: ["+", "−", "0"], what: "on the map: zoom in, zoom out, fit" },
  { keys: ["t"], what: "theme: system, light, dark" },
  { keys: ["Esc"], what: "close, clear" },
];

export const help = (act: Act): Elem =>
  h(
    "dialog",
    {
      key: "help",
      class: "help",
      "aria-labelledby": "title-help",
      mounted: (element) => {
        const dialog = element as HTMLDialogElement;
        const back = document.activeElement;
        dialog.showModal();
        return () => {
          if (back instanceof HTMLElement || back instanceof SVGElement) back.focus();
        };
      },
      on: {
        close: () => act.dispatch({ type: "help", isOpen: false }),
        click: (event: Event) => {
          // A click on the backdrop lands on the dialog itself.
          if (event.target === event.currentTarget) act.dispatch({ type: "help", isOpen: false });
        },
      },
    },
    h(
      "div",
      { class: "help-body" },
      h("h2", { id: "title-help" }, "Keyboard"),
      h(
        "table",
        { class: "keys" },
        h(
          "thead",
          { class: "unseen" },
          h("tr", {}, h("th", { scope: "col" }, "Keys"), h("th", { scope: "col" }, "Does")),
        ),
        h(
          "tbody",
          {},
          keyHelp.map(({ keys, what }) =>
            h(
              "tr",
              {},
              h(
                "td",
                {},
                keys.map((key) => h("kbd", {}, key)),
              ),
              h("td", {}, what),
            ),
          ),
        ),
      ),
      h("h2", {}, "Signs"),
      h(
        "ul",
        { class: "legend-list" },
        healthsByWeight.map((health) =>
          h("li", {}, healthTag(health), h("span", { class: "muted" }, healthWords[health].meaning)),
        ),
      ),
      h(
        "button",
        { type: "button", class: "button", on: { click: () => act.dispatch({ type: "help", isOpen: false }) } },
        "Close",
      ),
    ),
  );
