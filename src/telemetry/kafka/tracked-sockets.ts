import { connect, isIP, type Socket } from "node:net";
import { connect as connectTls } from "node:tls";
import type { ISocketFactory } from "kafkajs";

const KEEP_ALIVE_MILLISECONDS = 60_000;
const CLOSED = "the client is closed";

/**
 * The sockets of one client of kafkajs, all of which can be closed. By itself kafkajs loses sight of one now and then when it
 * connects anew, which then keeps the process from ending, and a client that was left behind while it was connecting would
 * come back as a member of the group that nobody reads for.
 */
export class TrackedSockets {
  readonly #open = new Set<Socket>();
  #isClosed = false;

  /** As kafkajs makes them. */
  readonly factory: ISocketFactory = ({ host, port, ssl, onConnect }) => {
    // The types promise options of TLS; without TLS there are none.
    const tls = ssl as typeof ssl | null | undefined | false;
    const name = isIP(host) === 0 ? { servername: host } : {};
    const socket = tls ? connectTls({ host, port, ...name, ...tls }, onConnect) : connect({ host, port }, onConnect);
    socket.setKeepAlive(true, KEEP_ALIVE_MILLISECONDS);
    this.#open.add(socket);
    socket.once("close", () => this.#open.delete(socket));
    if (this.#isClosed) socket.destroy(new Error(CLOSED));
    return socket;
  };

  /** Closes all, and all that are still to come. */
  close(): void {
    this.#isClosed = true;
    // With an error, because without one kafkajs does not see that the connection is gone, and keeps a timer for it.
    for (const socket of this.#open) socket.destroy(new Error(CLOSED));
  }
}
