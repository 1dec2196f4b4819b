import { type Elem, h } from "../dom/element.ts";
import { healthIcon } from "../marks/health-symbol.ts";
import type { AppState } from "../state/state.ts";
import type { Act } from "./act.ts";

/** What everybody must know now, whichever page is open. */
export function banners(state: AppState, act: Act): Elem {
  const traffic = state.status?.traffic ?? null;
  return h(
    "div",
    { key: "banners", class: "banners", "aria-live": "polite" },
    state.connection === "lost"
      ? h(
          "div",
          { key: "lost", class: "banner banner-lost" },
          h("strong", {}, "Connection lost."),
          h(
            "span",
            {},
            state.status === null
              ? "The server cannot be reached."
              : "What you see is the last that was heard. Trying again by itself.",
          ),
          h("button", { type: "button", class: "button small", on: { click: act.retry } }, "Try now"),
        )
      : null,
    traffic === null
      ? null
      : h(
          "div",
          { key: "traffic", class: "banner banner-traffic health-traffic" },
          healthIcon("traffic"),
          h("strong", {}, "Traffic, not fault."),
          h("span", {}, traffic),
        ),
  );
}
