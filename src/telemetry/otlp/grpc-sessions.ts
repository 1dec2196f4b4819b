import { constants, type ServerHttp2Session } from "node:http2";
import type { Socket } from "node:net";
import type { ServerLimits } from "./limits.ts";

/** Pings that come closer together than this, without a call in between, are a strike each. */
const MIN_PING_INTERVAL_MS = 10_000;
const MAX_PING_STRIKES = 2;
/** Room for a few usual bodies on their way, so that a distant sender does not wait for acknowledgements. */
const CONNECTION_WINDOW_BYTES = 4 * 1024 * 1024;

/** The connections of a gRPC server: closes those on which nothing happens, or nothing but pings. */
export class GrpcSessions {
  readonly #open = new Map<ServerHttp2Session, { streamCount: number; lastPing: number; strikes: number }>();
  /** A session that is over may leave its connection half open, for as long as the other side likes. */
  readonly #sockets = new Set<Socket>();
  readonly #limits: ServerLimits;

  constructor(limits: ServerLimits) {
    this.#limits = limits;
  }

  /** Remembers a connection until it is gone. */
  hold(socket: Socket): void {
    this.#sockets.add(socket);
    socket.once("close", () => this.#sockets.delete(socket));
  }

  /** Takes a new session into its care. */
  watch(session: ServerHttp2Session): void {
    const state = { streamCount: 0, lastPing: -Infinity, strikes: 0 };
    this.#open.set(session, state);
    session.setLocalWindowSize(CONNECTION_WINDOW_BYTES);
    session.on("close", () => this.#open.delete(session));
    // What goes wrong on a connection ends that connection, and nothing else.
    session.on("error", () => session.destroy());
    session.on("stream", (stream) => {
      state.streamCount += 1;
      state.strikes = 0;
      stream.once("close", () => {
        state.streamCount -= 1;
      });
    });
    session.on("ping", () => {
      const now = performance.now();
      if (now - state.lastPing < MIN_PING_INTERVAL_MS && state.streamCount === 0) state.strikes += 1;
      state.lastPing = now;
      if (state.strikes > MAX_PING_STRIKES) refusePings(session);
    });
    this.#closeWhenIdle(session, () => state.streamCount === 0);
  }

  /** Lets calls under way finish for a moment, then ends every connection. */
  close(graceMs: number): void {
    for (const session of this.#open.keys()) session.close();
    setTimeout(() => {
      for (const session of this.#open.keys()) session.destroy();
      for (const socket of this.#sockets) socket.destroy();
    }, graceMs).unref();
  }

  #closeWhenIdle(session: ServerHttp2Session, isIdle: () => boolean): void {
    const idleMs = this.#limits.idleSeconds * 1_000;
    session.setTimeout(idleMs);
    session.on("timeout", () => {
      // A call that waits for its answer is no idle connection; it has limits of its own.
      if (isIdle()) session.close();
      else session.setTimeout(idleMs);
    });
  }
}

/** In the words that gRPC clients know: they slow their pings down. */
function refusePings(session: ServerHttp2Session): void {
  session.goaway(constants.NGHTTP2_ENHANCE_YOUR_CALM, 0, Buffer.from("too_many_pings"));
  session.close();
}
