import type { Health } from "../../src/contracts/api.ts";
import { type Elem, h } from "../dom/element.ts";

/** Outline and sign of each health, in a box of 16 × 16: told apart by form alone, colour only helps. */
const forms: Readonly<
  Record<Health, { readonly outline: string; readonly sign: string | null; readonly isHollow?: boolean }>
> = {
  healthy: { outline: "M8 1a7 7 0 1 1 0 14a7 7 0 1 1 0-14z", sign: "M4.8 8.2l2.3 2.3l4.2-4.8" },
  faulty: { outline: "M5.1 1h5.8L15 5.1v5.8L10.9 15H5.1L1 10.9V5.1z", sign: "M8 4.2v4.6M8 11.2v.6" },
  suspect: { outline: "M8 .6L15.4 8L8 15.4L.6 8z", sign: "M6.3 6.4a1.7 1.7 0 1 1 2.6 1.4q-.9.5-.9 1.4M8 11.3v.4" },
  affected: { outline: "M8 1.2L15.4 14.4H.6z", sign: "M8 6v3.8M8 11.9v.5" },
  traffic: {
    outline:
      "M2.5 1h11A1.5 1.5 0 0 1 15 2.5v11a1.5 1.5 0 0 1-1.5 1.5h-11A1.5 1.5 0 0 1 1 13.5v-11A1.5 1.5 0 0 1 2.5 1z",
    sign: "M4.5 8L8 4.5L11.5 8M4.5 12L8 8.5L11.5 12",
  },
  learning: { outline: "M8 1.5a6.5 6.5 0 1 1 0 13a6.5 6.5 0 1 1 0-13z", sign: "M8 4.5V8l2.4 1.6", isHollow: true },
  silent: { outline: "M8 1.5a6.5 6.5 0 1 1 0 13a6.5 6.5 0 1 1 0-13z", sign: "M5 8h6", isHollow: true },
};

/** The sign of a health as SVG shapes in a box of 16 × 16, to be placed by a `transform`. */
export function healthShapes(health: Health): readonly Elem[] {
  const form = forms[health];
  const kind = form.isHollow === true ? "hollow" : "solid";
  return [
    h("path", { class: `health-outline ${kind}`, d: form.outline }),
    form.sign === null ? null : h("path", { class: `health-sign ${kind}`, d: form.sign }),
  ].filter((shape) => shape !== null);
}

/** The sign as an icon in a line of text; its word stands beside it, so it says nothing itself. */
export const healthIcon = (health: Health): Elem =>
  h(
    "svg",
    { class: `health-icon health-${health}`, viewBox: "-1 -1 18 18", width: 16, height: 16, "aria-hidden": "true" },
    healthShapes(health),
  );
