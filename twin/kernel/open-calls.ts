import { grownFloat64, grownInt32, grownUint8, NONE } from "./open-visits.ts";

// What a guarded call is doing.
/** Its attempt has not been sent: it waits for a connection. */
export const WAITS_FOR_CONNECTION = 0;
/** Its attempt is on its way or at the callee. */
export const IS_SENT = 1;
/** Its answer comes at a time that is known; the event is set. */
export const IS_ANSWERED = 2;
/** The answer would come after the deadline: nothing but the timeout is to be expected. */
export const IS_TOO_LATE = 3;
/** Its next attempt comes at a time that is known; the event is set. */
export const BACKS_OFF = 4;
/** It has succeeded or failed for good. */
export const IS_SETTLED = 5;
/** Its caller is gone, and an event that is still set must find it so. */
export const IS_ABANDONED = 6;

/** Guarded calls under way, as columns; slots like those of `OpenVisits`. */
export class OpenCalls {
  readonly #limit: number;
  #free: number = NONE;
  #used = 0;

  caller: Int32Array = new Int32Array(64);
  edge: Int32Array = new Int32Array(64);
  state: Uint8Array = new Uint8Array(64);
  attempt: Int32Array = new Int32Array(64);
  /** The visit made for its attempt; NONE when there is none, or none any more. */
  visit: Int32Array = new Int32Array(64);
  /** Did the callee fail? */
  hasFailed: Uint8Array = new Uint8Array(64);
  /** Next call of the same caller, or of the free slots. */
  next: Int32Array = new Int32Array(64);
  deadlineSeconds: Float64Array = new Float64Array(64);

  constructor(limit: number) {
    this.#limit = limit;
  }

  /** Takes a slot for a call of `caller`; NONE when the limit is reached. */
  open(caller: number, edge: number): number {
    let call = this.#free;
    if (call !== NONE) this.#free = this.next[call]!;
    else if (this.#used === this.#limit) return NONE;
    else call = this.#used++;
    if (call === this.edge.length) this.#grow();
    this.caller[call] = caller;
    this.edge[call] = edge;
    this.attempt[call] = 0;
    this.visit[call] = NONE;
    return call;
  }

  close(call: number): void {
    this.next[call] = this.#free;
    this.#free = call;
  }

  #grow(): void {
    const capacity = this.edge.length * 2;
    this.caller = grownInt32(this.caller, capacity);
    this.edge = grownInt32(this.edge, capacity);
    this.state = grownUint8(this.state, capacity);
    this.attempt = grownInt32(this.attempt, capacity);
    this.visit = grownInt32(this.visit, capacity);
    this.hasFailed = grownUint8(this.hasFailed, capacity);
    this.next = grownInt32(this.next, capacity);
    this.deadlineSeconds = grownFloat64(this.deadlineSeconds, capacity);
  }
}
