import { keepLive } from "./data/live.ts";
import { keepLoaded } from "./data/load.ts";
import { draw } from "./dom/draw.ts";
import { listenToKeys } from "./keys.ts";
import { parseRoute, routeHref } from "./state/route.ts";
import { type AppState, initialState } from "./state/state.ts";
import { createStore } from "./state/store.ts";
import { keepTheme, storedTheme } from "./theme.ts";
import type { Act } from "./views/act.ts";
import { app, titleOf } from "./views/app.ts";

const noticeMilliseconds = 2500;

const root = document.getElementById("app") ?? document.body;
const store = createStore(initialState(parseRoute(location.hash), storedTheme()));
const live = keepLive(store);

let noticeTimer: ReturnType<typeof setTimeout> | undefined;

const act: Act = {
  dispatch: store.dispatch,
  go: (route) => {
    location.hash = routeHref(route);
  },
  copy: (text, notice) => {
    void copyText(text).then((isCopied) => {
      store.dispatch({ type: "notice", notice: isCopied ? notice : "The browser does not allow copying here" });
      clearTimeout(noticeTimer);
      noticeTimer = setTimeout(() => store.dispatch({ type: "notice", notice: null }), noticeMilliseconds);
    });
  },
  retry: live.retry,
  permalink: (route) => new URL(routeHref(route), location.href).href,
};

/** The clipboard of today needs a secure context; the old way serves plain http from another host. */
async function copyText(text: string): Promise<boolean> {
  try {
    await navigator.clipboard.writeText(text);
    return true;
  } catch {
    const area = document.createElement("textarea");
    area.value = text;
    area.className = "unseen";
    document.body.append(area);
    area.select();
    const isCopied = document.execCommand("copy");
    area.remove();
    return isCopied;
  }
}

let isDrawing = false;
let drawnState: AppState | null = null;

function redraw(): void {
  isDrawing = false;
  const state = store.state();
  draw(root, app(state, act));
  document.title = titleOf(state);
  if (drawnState !== null && placeOf(drawnState) !== placeOf(state)) {
    // A new page is read from its start, by eyes and by screen readers alike.
    scrollTo(0, 0);
    document.querySelector<HTMLElement>("h1")?.focus({ preventScroll: true });
  }
  drawnState = state;
}

const placeOf = ({ route }: AppState): string =>
  `${route.page} ${route.page === "incident" ? route.id : route.page === "service" ? route.node : route.page === "trace" ? route.traceId : ""}`;

store.subscribe(() => {
  if (isDrawing) return;
  isDrawing = true;
  requestAnimationFrame(redraw);
});
addEventListener("hashchange", () => store.dispatch({ type: "navigated", route: parseRoute(location.hash) }));
keepTheme(store);
keepLoaded(store);
listenToKeys(store, act);
redraw();
