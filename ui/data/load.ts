import { needsOf } from "../state/needs.ts";
import type { Need } from "../state/state.ts";
import type { Store } from "../state/store.ts";
import { AnswerError, ask } from "./client.ts";

/** Fetches one need and tells the store; true when it was answered. */
export async function load(store: Store, need: Need): Promise<boolean> {
  try {
    store.dispatch({ type: "answered", topic: need.topic, key: need.key, value: await ask(need) });
    return true;
  } catch (cause) {
    if (!(cause instanceof AnswerError)) throw cause;
    store.dispatch({ type: "failed", key: need.key, error: cause.message });
    return false;
  }
}

/** Keeps what the page in view needs fetched: once a version, one request a key at a time. */
export function keepLoaded(store: Store): void {
  const asked = new Map<string, string>();
  const underWay = new Set<string>();
  const look = (): void => {
    const needs = needsOf(store.state());
    const wanted = new Set(needs.map((need) => need.key));
    // Forget what is no longer in view: coming back to it asks again.
    for (const key of asked.keys()) if (!wanted.has(key)) asked.delete(key);
    for (const need of needs) {
      const version = `${need.path} ${need.version}`;
      if (asked.get(need.key) === version || underWay.has(need.key)) continue;
      asked.set(need.key, version);
      underWay.add(need.key);
      void load(store, need).finally(() => {
        underWay.delete(need.key);
        look();
      });
    }
  };
  store.subscribe(look);
  look();
}
