import type { ThemeChoice } from "./state/state.ts";
import type { Store } from "./state/store.ts";

const storageKey = "spantwin.theme";

/** The choice made earlier in this browser; the system's when there is none or storage is closed to us. */
export function storedTheme(): ThemeChoice {
  try {
    const stored = localStorage.getItem(storageKey);
    return stored === "light" || stored === "dark" ? stored : "system";
  } catch {
    return "system";
  }
}

/** Writes the choice to the page (`data-theme`) and keeps it for the next visit. */
export function keepTheme(store: Store): void {
  let shown: ThemeChoice | null = null;
  const show = (): void => {
    const theme = store.state().theme;
    if (theme === shown) return;
    const isFirst = shown === null;
    shown = theme;
    if (theme === "system") delete document.documentElement.dataset["theme"];
    else document.documentElement.dataset["theme"] = theme;
    if (isFirst) return;
    try {
      if (theme === "system") localStorage.removeItem(storageKey);
      else localStorage.setItem(storageKey, theme);
    } catch {
      // Storage may be forbidden; the choice then lasts as long as the page.
    }
  };
  store.subscribe(show);
  show();
}
