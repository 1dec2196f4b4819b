import { reduce } from "./reduce.ts";
import type { Action, AppState, Dispatch } from "./state.ts";

export interface Store {
  readonly state: () => AppState;
  readonly dispatch: Dispatch;
  /** Called after every action that changed something. */
  readonly subscribe: (listener: (state: AppState) => void) => void;
}

/** Holds the one state of the page. */
export function createStore(initial: AppState): Store {
  let state = initial;
  const listeners: ((state: AppState) => void)[] = [];
  return {
    state: () => state,
    dispatch: (action: Action) => {
      const next = reduce(state, action);
      if (next === state) return;
      state = next;
      for (const listener of listeners) listener(state);
    },
    subscribe: (listener) => {
      listeners.push(listener);
    },
  };
}
