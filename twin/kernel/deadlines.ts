import { KIND_BITS, TIMEOUT } from "./event-kinds.ts";
import { LinkedQueues } from "./linked-queues.ts";
import type { OpenCalls } from "./open-calls.ts";
import { NONE } from "./open-visits.ts";

/**
 * When the attempts along each edge time out. All of an edge may take equally long, so they stand in a queue by deadline,
 * and one event an edge, for the oldest, is enough: an attempt that is answered in time leaves nothing behind.
 */
export class Deadlines {
  readonly #calls: OpenCalls;
  readonly #queues: LinkedQueues;
  readonly #isTimerSet: Uint8Array;
  readonly #agenda: { schedule(timeSeconds: number, event: number): void };

  constructor(edgeCount: number, calls: OpenCalls, agenda: { schedule(timeSeconds: number, event: number): void }) {
    this.#calls = calls;
    this.#queues = new LinkedQueues(edgeCount);
    this.#isTimerSet = new Uint8Array(edgeCount);
    this.#agenda = agenda;
  }

  /** The attempt of `call` ends at `deadlineSeconds` if it is not answered; Infinity for never. */
  set(call: number, deadlineSeconds: number): void {
    const { deadlineSeconds: deadlines, edge: edges } = this.#calls;
    const edge = edges[call]!;
    deadlines[call] = deadlineSeconds;
    if (deadlineSeconds === Number.POSITIVE_INFINITY) return;
    const last = this.#queues.last(edge);
    let place = last;
    // Only those from before the run, whose gaps are drawn anew, may come out of order.
    while (place !== NONE && deadlines[place]! > deadlineSeconds) place = this.#queues.before(place);
    this.#queues.insertAfter(edge, place, call);
    const isBeforeOthers = place === NONE && last !== NONE;
    if (isBeforeOthers || this.#isTimerSet[edge] === 0) this.#setTimer(edge, deadlineSeconds);
  }

  /** The attempt of `call` has ended. */
  clear(call: number): void {
    if (this.#calls.deadlineSeconds[call]! < Number.POSITIVE_INFINITY)
      this.#queues.remove(this.#calls.edge[call]!, call);
  }

  /** At the event TIMEOUT: takes out a call along `edge` whose deadline is now, or gives NONE and waits for the next. */
  takeDue(edge: number, nowSeconds: number): number {
    const call = this.#queues.first(edge);
    const deadlineSeconds = call === NONE ? Number.POSITIVE_INFINITY : this.#calls.deadlineSeconds[call]!;
    if (deadlineSeconds <= nowSeconds) {
      this.#queues.remove(edge, call);
      return call;
    }
    this.#isTimerSet[edge] = 0;
    if (call !== NONE) this.#setTimer(edge, deadlineSeconds);
    return NONE;
  }

  #setTimer(edge: number, deadlineSeconds: number): void {
    this.#isTimerSet[edge] = 1;
    this.#agenda.schedule(deadlineSeconds, (edge << KIND_BITS) | TIMEOUT);
  }
}
