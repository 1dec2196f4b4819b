import type { StreamEvent } from "../../src/contracts/api.ts";
import { incidentsNeed, mapNeed, statusNeed } from "../state/needs.ts";
import type { Store } from "../state/store.ts";
import { streamUrl } from "./client.ts";
import { load } from "./load.ts";

const eventTypes: readonly StreamEvent["type"][] = ["status", "map", "incident", "window"];
const longestPauseMilliseconds = 15_000;

/** A way to try again now, for the button beside "connection lost". */
export interface Live {
  readonly retry: () => void;
}

/**
 * Keeps status, map and incidents fresh: by the event stream, and while there is none by asking again with growing
 * pauses. Every new stream starts with a full fetch, so nothing missed in between stays missing.
 */
export function keepLive(store: Store): Live {
  let stream: EventSource | null = null;
  let timer: ReturnType<typeof setTimeout> | undefined;
  let failures = 0;

  const take = (message: MessageEvent): void => {
    const event = readEvent(message.data);
    if (event !== null) store.dispatch({ type: "streamed", event });
  };

  const refresh = async (): Promise<boolean> => {
    const answers = await Promise.all([load(store, statusNeed), load(store, mapNeed), load(store, incidentsNeed)]);
    return answers.every(Boolean);
  };

  const connect = (): void => {
    clearTimeout(timer);
    stream?.close();
    const next = new EventSource(streamUrl());
    stream = next;
    // Servers name their events or not; both are heard.
    next.addEventListener("message", take);
    for (const type of eventTypes) next.addEventListener(type, take);
    next.addEventListener("open", () => {
      failures = 0;
      store.dispatch({ type: "connection", connection: "live" });
      void refresh();
    });
    next.addEventListener("error", () => {
      if (stream !== next) return;
      next.close();
      stream = null;
      void fallBack();
    });
  };

  const fallBack = async (): Promise<void> => {
    failures += 1;
    const isAnswered = await refresh();
    if (stream !== null) return;
    store.dispatch({ type: "connection", connection: isAnswered ? "polling" : "lost" });
    timer = setTimeout(connect, Math.min(longestPauseMilliseconds, 1000 * 2 ** Math.min(failures - 1, 4)));
  };

  void refresh();
  connect();
  return {
    retry: () => {
      failures = 0;
      connect();
    },
  };
}

/** A line of the stream that is not an event of ours is passed over: a newer server may say more than we know. */
function readEvent(data: unknown): StreamEvent | null {
  try {
    const event = JSON.parse(String(data)) as StreamEvent;
    return eventTypes.includes(event.type) ? event : null;
  } catch {
    return null;
  }
}
