import { type Elem, h } from "../dom/element.ts";

/** A share in [0, 1] as a bar; the number stands beside it, so the bar is hidden from readers. */
export function shareBar(share: number, tone: string, width = 120): Elem {
  const filled = Math.round(Math.min(1, Math.max(0, share)) * width * 10) / 10;
  return h(
    "svg",
    {
      class: `share-bar tone-${tone}`,
      width,
      height: 8,
      viewBox: `0 0 ${width} 8`,
      preserveAspectRatio: "none",
      "aria-hidden": "true",
    },
    h("rect", { class: "share-track", width, height: 8, rx: 2 }),
    filled === 0 ? null : h("rect", { class: "share-fill", width: filled, height: 8, rx: 2 }),
  );
}
