import type { Route } from "../state/route.ts";
import type { Dispatch } from "../state/state.ts";

/** What a view may do: change the state, go somewhere, copy something. Given to it, so that views stay pure. */
export interface Act {
  readonly dispatch: Dispatch;
  readonly go: (route: Route) => void;
  /** Puts text on the clipboard and says `notice`. */
  readonly copy: (text: string, notice: string) => void;
  readonly retry: () => void;
  /** The full address of a route, for people to send. */
  readonly permalink: (route: Route) => string;
}
