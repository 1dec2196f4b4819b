import { select, type ZoomBehavior, zoom, zoomIdentity } from "d3";

/** Room left around the map when it is fitted, in map units: names and badges reach over the nodes' centres. */
const margin = { side: 66, farSide: 132, top: 52, bottom: 82 };
const closest = 2.5;
/** Below this scale only names are told, and those of troubled nodes louder. */
const farScale = 0.55;
/** Fitting never magnifies beyond this: two services need not fill the screen. */
const closestFit = 1.15;

/** Asks the map to zoom; sent to its `<svg>` by the buttons and keys. */
export type ZoomWish = "in" | "out" | "fit";
export const zoomWishEvent = "zoom-wish";

/**
 * Pan and zoom of the map. Reads the bounds of the map from `data-bounds` (`width height`), keeps it fitted until
 * the user moves it, and moves only the `.viewport` group, so that a live update never jumps.
 */
export function attachCamera(svg: SVGSVGElement, whenMoved: () => void): () => void {
  const viewport = svg.querySelector(".viewport");
  const canvas = select<SVGSVGElement, unknown>(svg);
  let hasUserMoved = false;
  const behavior: ZoomBehavior<SVGSVGElement, unknown> = zoom<SVGSVGElement, unknown>()
    .scaleExtent([0.08, closest])
    .on(
      "zoom",
      (event: { readonly transform: { readonly k: number; toString(): string }; readonly sourceEvent: unknown }) => {
        viewport?.setAttribute("transform", event.transform.toString());
        svg.toggleAttribute("data-far", event.transform.k < farScale);
        if (event.sourceEvent !== null && event.sourceEvent !== undefined) {
          hasUserMoved = true;
          whenMoved();
        }
      },
    );
  canvas.call(behavior).on("dblclick.zoom", null);

  const fitAll = (): void => {
    const [width = 0, height = 0] = (svg.dataset["bounds"] ?? "").split(" ").map(Number);
    const room = { width: svg.clientWidth, height: svg.clientHeight };
    if (room.width === 0 || room.height === 0) return;
    const scaleWith = (side: number): number =>
      Math.min(closestFit, room.width / (width + 2 * side), room.height / (height + margin.top + margin.bottom));
    const side = scaleWith(margin.side) < farScale ? margin.farSide : margin.side;
    const scale = scaleWith(side);
    const x = (room.width - width * scale) / 2;
    const y = (room.height - (height + margin.top + margin.bottom) * scale) / 2 + margin.top * scale;
    canvas.call(behavior.transform, zoomIdentity.translate(x, y).scale(scale));
  };
  const refit = (): void => {
    if (!hasUserMoved) fitAll();
  };
  const obey = (event: Event): void => {
    const wish = (event as CustomEvent<ZoomWish>).detail;
    hasUserMoved = wish !== "fit";
    if (wish === "fit") fitAll();
    else canvas.call(behavior.scaleBy, wish === "in" ? 1.3 : 1 / 1.3);
  };
  svg.addEventListener(zoomWishEvent, obey);
  const resized = new ResizeObserver(refit);
  resized.observe(svg);
  const rebounded = new MutationObserver(refit);
  rebounded.observe(svg, { attributes: true, attributeFilter: ["data-bounds"] });
  fitAll();
  return () => {
    resized.disconnect();
    rebounded.disconnect();
    canvas.on(".zoom", null);
  };
}
