import type { Request, Response } from "express";

import type { StreamEvent } from "../contracts/api.ts";
import type { Live } from "./live.ts";
import type { ApiMetrics } from "./metrics.ts";
import { RequestError } from "./request-error.ts";
import { wholeIncident } from "./whole-incident.ts";

export interface StreamLimits {
  readonly maxClients: number;
  /** What may wait for one client before it is let go. */
  readonly maxBufferBytes: number;
  readonly heartbeatSeconds: number;
}

export const DEFAULT_STREAM_LIMITS: StreamLimits = {
  maxClients: 64,
  maxBufferBytes: 1024 * 1024,
  heartbeatSeconds: 15,
};

/**
 * Server-sent events: each event of the line goes to every client, as JSON in an unnamed message.
 *
 * A new client gets status and map first, so that it needs no past. A client that does not read is let go when too
 * much waits for it; it comes back by itself and starts afresh.
 */
export class EventStream {
  readonly #live: Live;
  readonly #limits: StreamLimits;
  readonly #clients = new Set<Response>();
  readonly #dropped: ReturnType<ApiMetrics["counters"]["counter"]>;
  readonly #refused: ReturnType<ApiMetrics["counters"]["counter"]>;
  #unsubscribe: (() => void) | null = null;
  #heartbeat: NodeJS.Timeout | null = null;
  #isClosed = false;

  constructor(live: Live, { counters }: ApiMetrics, limits: StreamLimits) {
    this.#live = live;
    this.#limits = limits;
    this.#dropped = counters.counter(
      "spantwin_sse_clients_dropped_total",
      "Stream clients let go: they read too slowly.",
    );
    this.#refused = counters.counter("spantwin_sse_clients_refused_total", "Stream clients refused: too many.");
    counters.read("gauge", "spantwin_sse_clients", "Stream clients connected now.", () => this.#clients.size);
    counters.read(
      "gauge",
      "spantwin_sse_clients_limit",
      "Stream clients that may be connected.",
      () => limits.maxClients,
    );
    this.#dropped.add(0);
    this.#refused.add(0);
  }

  /** Serves the stream until the client leaves. @throws {RequestError} 503 when there are too many clients. */
  serve(request: Request, response: Response): void {
    if (this.#isClosed) throw new RequestError(503, "the server is stopping");
    if (this.#clients.size >= this.#limits.maxClients) {
      this.#refused.add(1);
      throw new RequestError(503, `the stream has ${this.#limits.maxClients} clients already: try again later`);
    }
    const beginning =
      message({ type: "status", status: this.#live.status() }) + message({ type: "map", map: this.#live.map() });
    response.status(200).set({ "content-type": "text/event-stream; charset=utf-8", "x-accel-buffering": "no" });
    if (request.method === "HEAD") {
      response.end();
      return;
    }
    response.on("close", () => this.#forget(response));
    response.on("error", () => this.#forget(response));
    this.#clients.add(response);
    this.#wake();
    this.#send(response, `retry: 2000\n\n${beginning}`);
  }

  /** Ends all clients and takes no more. */
  close(): void {
    this.#isClosed = true;
    for (const client of [...this.#clients]) {
      this.#forget(client);
      client.end();
    }
  }

  #wake(): void {
    this.#unsubscribe ??= this.#live.subscribe((event) => this.#sendAll(message(event)));
    this.#heartbeat ??= setInterval(
      () => this.#sendAll(": heartbeat\n\n"),
      this.#limits.heartbeatSeconds * 1000,
    ).unref();
  }

  #sendAll(text: string): void {
    for (const client of [...this.#clients]) this.#send(client, text);
  }

  #send(client: Response, text: string): void {
    client.write(text);
    if (client.writableLength <= this.#limits.maxBufferBytes) return;
    this.#dropped.add(1);
    this.#forget(client);
    client.destroy();
  }

  #forget(client: Response): void {
    this.#clients.delete(client);
    if (this.#clients.size > 0) return;
    this.#unsubscribe?.();
    this.#unsubscribe = null;
    if (this.#heartbeat !== null) clearInterval(this.#heartbeat);
    this.#heartbeat = null;
  }
}

function message(event: StreamEvent): string {
  const whole = event.type === "incident" ? { ...event, incident: wholeIncident(event.incident) } : event;
  return `data: ${JSON.stringify(whole)}\n\n`;
}
