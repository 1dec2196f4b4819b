import http from "node:http";
import { arrivalTimes } from "./arrivals.ts";
import type { LoadShape } from "./load-shape.ts";
import { type RandomStream, randomStream, zipfDraw } from "./random.ts";
import { requestFor } from "./service/routes.ts";
import type { Order, ShopDeclaration } from "./shop-schema.ts";

/** What the users of the shop saw, since the start. */
export interface EntryCounters {
  readonly sent: number;
  readonly answered: number;
  readonly failed: number;
  /** Not sent because too many were under way: the shop was hopelessly behind. */
  readonly dropped: number;
}

const PATIENCE_SECONDS = 20;
/** What 200 requests/s have under way when none is answered: a surge of ×5 on the shop (100/s) stays well below. */
const IN_FLIGHT_LIMIT = 200 * PATIENCE_SECONDS;

/**
 * Users of the shop. Open-loop: arrivals never wait for answers, so a slow shop is not given less to do. Not
 * instrumented, so that the frontend's spans are roots.
 */
export class LoadGenerator {
  readonly #shop: ShopDeclaration;
  readonly #ratePerSecond: number;
  readonly #random: RandomStream;
  readonly #agent = new http.Agent({ keepAlive: true, maxFreeSockets: 128 });
  readonly #drawItem: (random: RandomStream) => number;
  readonly #port: () => number;
  #timer: NodeJS.Timeout | null = null;
  #inFlight = 0;
  #counters = { sent: 0, answered: 0, failed: 0, dropped: 0 };
  readonly #listeners = new Set<(latencySeconds: number) => void>();

  constructor(
    shop: ShopDeclaration,
    options: { readonly ratePerSecond: number; readonly seed: number; readonly port: () => number },
  ) {
    this.#shop = shop;
    this.#ratePerSecond = options.ratePerSecond;
    this.#random = randomStream(options.seed, "users");
    this.#drawItem = zipfDraw(shop.itemCount, shop.popularity);
    this.#port = options.port;
  }

  get counters(): EntryCounters {
    return { ...this.#counters };
  }

  /** Calls `listen` with the latency of every answered request. */
  onAnswer(listen: (latencySeconds: number) => void): void {
    this.#listeners.add(listen);
  }

  /** Sends requests by the shape from now on, in place of what was going on. */
  play(load: LoadShape, lengthSeconds: number): void {
    this.stop();
    const startMilliseconds = performance.now();
    const arrivals = arrivalTimes(load, this.#ratePerSecond, lengthSeconds, this.#random);
    let next = arrivals.next();
    const sendDue = () => {
      const elapsedSeconds = (performance.now() - startMilliseconds) / 1000;
      while (!next.done && next.value <= elapsedSeconds) {
        this.#send();
        next = arrivals.next();
      }
      this.#timer = next.done ? null : setTimeout(sendDue, Math.max(0, next.value - elapsedSeconds) * 1000);
    };
    sendDue();
  }

  stop(): void {
    if (this.#timer !== null) clearTimeout(this.#timer);
    this.#timer = null;
  }

  close(): void {
    this.stop();
    this.#agent.destroy();
  }

  #send(): void {
    const { method, path, body } = requestFor(this.#drawRoute(), this.#drawOrder());
    if (this.#inFlight >= IN_FLIGHT_LIMIT) {
      this.#counters.dropped++;
      return;
    }
    this.#inFlight++;
    this.#counters.sent++;
    const startMilliseconds = performance.now();
    let isOver = false;
    const end = (isAnswered: boolean) => {
      if (isOver) return;
      isOver = true;
      this.#inFlight--;
      if (isAnswered) {
        this.#counters.answered++;
        const latencySeconds = (performance.now() - startMilliseconds) / 1000;
        for (const listen of this.#listeners) listen(latencySeconds);
      } else this.#counters.failed++;
    };
    const headers: http.OutgoingHttpHeaders =
      body === null ? {} : { "content-type": "application/json", "content-length": Buffer.byteLength(body) };
    const outgoing = http.request(
      { agent: this.#agent, host: "127.0.0.1", port: this.#port(), method, path, headers },
      (answer) => {
        answer.resume();
        answer.on("end", () => end(answer.statusCode === 200));
        answer.on("close", () => end(false));
      },
    );
    outgoing.setTimeout(PATIENCE_SECONDS * 1000, () => outgoing.destroy());
    outgoing.on("error", () => end(false));
    outgoing.on("close", () => end(false));
    outgoing.end(body ?? undefined);
  }

  #drawRoute(): string {
    let rest = this.#random();
    for (const { route, share } of this.#shop.entries) {
      rest -= share;
      if (rest < 0) return route;
    }
    return this.#shop.entries[0]!.route;
  }

  #drawOrder(): Order {
    const [fewest, most] = this.#shop.linesPerOrder;
    const lineCount = fewest + Math.floor(this.#random() * (most - fewest + 1));
    return {
      item: this.#drawItem(this.#random),
      user: Math.floor(this.#random() * this.#shop.userCount),
      lines: Array.from({ length: lineCount }, () => this.#drawItem(this.#random)),
    };
  }
}
