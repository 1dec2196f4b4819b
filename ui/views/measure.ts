import type { Mounted } from "../dom/element.ts";
import type { Dispatch } from "../state/state.ts";

/** Tells the state how wide a place of the page is, now and whenever that changes. */
export const measured =
  (place: string, dispatch: Dispatch): Mounted =>
  (element) => {
    const tell = (): void => dispatch({ type: "measured", place, width: Math.round(element.clientWidth) });
    const observer = new ResizeObserver(tell);
    observer.observe(element);
    tell();
    return () => observer.disconnect();
  };
