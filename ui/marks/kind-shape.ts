import type { MapNode } from "../../src/contracts/api.ts";
import { type Elem, h } from "../dom/element.ts";

/**
 * Outlines of node kinds around the origin, about 40 wide: circle for a service, drum for a database, hexagon for
 * a cache, lying drum for a queue, dashed square for what is outside.
 */
const outlines: Readonly<Record<MapNode["kind"], { readonly body: string; readonly detail: string | null }>> = {
  service: { body: "M0-20a20 20 0 1 1 0 40a20 20 0 1 1 0-40z", detail: null },
  database: { body: "M-17-13c0-7 34-7 34 0v26c0 7-34 7-34 0z", detail: "M-17-13c0 7 34 7 34 0" },
  cache: { body: "M-21 0L-10.5-18.5h21L21 0L10.5 18.5h-21z", detail: null },
  queue: { body: "M-15-15h28c8 0 8 30 0 30h-28c-8 0-8-30 0-30z", detail: "M13-15c-8 0-8 30 0 30" },
  external: { body: "M-15-18h30a3 3 0 0 1 3 3v30a3 3 0 0 1-3 3h-30a3 3 0 0 1-3-3v-30a3 3 0 0 1 3-3z", detail: null },
};

/** The shape of a node's kind, centred at the origin. */
export function kindShapes(kind: MapNode["kind"]): readonly Elem[] {
  const { body, detail } = outlines[kind];
  const shape = h("path", { class: `kind-body kind-${kind}`, d: body });
  return detail === null ? [shape] : [shape, h("path", { class: "kind-detail", d: detail })];
}

/** The shape as a small icon in a line of text or a legend. */
export const kindIcon = (kind: MapNode["kind"]): Elem =>
  h(
    "svg",
    { class: "kind-icon", viewBox: "-24 -24 48 48", width: 16, height: 16, "aria-hidden": "true" },
    kindShapes(kind),
  );
