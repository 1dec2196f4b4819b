import type { Agenda } from "./agenda.ts";
import type { CompiledNetwork } from "./compiled-network.ts";
import { ConnectionPools } from "./connection-pools.ts";
import { Deadlines } from "./deadlines.ts";
import type { Draws } from "./draws.ts";
import { ANSWER, ARRIVE, KIND_BITS, RETRY } from "./event-kinds.ts";
import {
  BACKS_OFF,
  IS_ABANDONED,
  IS_ANSWERED,
  IS_SENT,
  IS_SETTLED,
  IS_TOO_LATE,
  OpenCalls,
  WAITS_FOR_CONNECTION,
} from "./open-calls.ts";
import {
  ANSWER_DELAY,
  ARRIVAL,
  answerTo,
  DEPTH,
  FIRST_CALL,
  NONE,
  type OpenVisits,
  PARENT,
  PENDING,
  REPLICA,
  ROOT,
} from "./open-visits.ts";

/** What the run does for a guarded call. */
export interface CallingRun {
  readonly draws: Draws;
  readonly visits: OpenVisits;
  readonly agenda: Agenda;
  /** All calls of the group are settled: the caller goes on. */
  goOn(caller: number): void;
  /** A call that the caller needs has failed: so does the caller. */
  fail(caller: number): void;
  /** A limit was reached: the run ends. */
  stop(): void;
}

/**
 * Calls that can be lost, wait for a connection, time out, fail or be attempted again. Answers are events of their own
 * here, where a plain call needs none.
 */
export class GuardedCalls {
  readonly edgeTimeouts: Float64Array;
  readonly edgeFailures: Float64Array;
  readonly edgeLosses: Float64Array;
  readonly #edgeAttempts: Float64Array;
  readonly #network: CompiledNetwork;
  readonly #run: CallingRun;
  readonly #calls: OpenCalls;
  readonly #pools: ConnectionPools;
  readonly #deadlines: Deadlines;

  constructor(network: CompiledNetwork, run: CallingRun, maxOpenCalls: number, edgeAttempts: Float64Array) {
    const edgeCount = network.edgeCallee.length;
    this.#network = network;
    this.#run = run;
    this.#calls = new OpenCalls(maxOpenCalls);
    this.#pools = new ConnectionPools(network);
    this.#deadlines = new Deadlines(edgeCount, this.#calls, run.agenda);
    this.#edgeAttempts = edgeAttempts;
    this.edgeTimeouts = new Float64Array(edgeCount);
    this.edgeFailures = new Float64Array(edgeCount);
    this.edgeLosses = new Float64Array(edgeCount);
  }

  /** `caller`, which waits for nothing so far, makes the calls of `group`. */
  callGroup(caller: number, group: number, nowSeconds: number): void {
    const { callFirst, callEdge, edgeIsAsync } = this.#network;
    for (let position = callFirst[group]!; position < callFirst[group + 1]!; position++) {
      const edge = callEdge[position]!;
      if (edgeIsAsync[edge] === 1) {
        this.#send(caller, edge, nowSeconds);
        continue;
      }
      const call = this.#open(caller, edge);
      if (call !== NONE) this.#attempt(call, nowSeconds);
    }
  }

  /** Sends a message that nobody waits for. */
  #send(caller: number, edge: number, nowSeconds: number): void {
    const { visits, draws } = this.#run;
    this.#edgeAttempts[edge] = this.#edgeAttempts[edge]! + 1;
    const gapSeconds = draws.gapSeconds(edge) + this.#lossSeconds(edge);
    const depth = visits.word(caller, DEPTH) + 1;
    const slot = visits.open(this.#network.edgeCallee[edge]!, visits.word(caller, ROOT), NONE, depth);
    if (slot === NONE) this.#run.stop();
    else this.#run.agenda.schedule(nowSeconds + gapSeconds, (slot << KIND_BITS) | ARRIVE);
  }

  /** A call of `caller` along `edge` whose callee is under way as `visit` when the run begins. */
  resume(caller: number, edge: number, visit: number, nowSeconds: number): void {
    const { visits, draws } = this.#run;
    const call = this.#open(caller, edge);
    if (call === NONE) return;
    const halfGapSeconds = draws.gapSeconds(edge) / 2;
    visits.setWord(visit, PARENT, answerTo(call));
    visits.setSeconds(visit, ANSWER_DELAY, halfGapSeconds);
    this.#calls.attempt[call] = 1;
    this.#calls.visit[call] = visit;
    this.#calls.state[call] = IS_SENT;
    const pool = this.#network.edgePool[edge]!;
    if (pool !== NONE) this.#pools.hold(pool, visits.word(caller, REPLICA));
    const deadline = visits.seconds(visit, ARRIVAL) - halfGapSeconds + this.#network.edgeTimeoutSeconds[edge]!;
    this.#deadlines.set(call, Math.max(deadline, nowSeconds));
  }

  /** The visit made for `call` departs; its answer is back at `answerSeconds`. */
  answered(call: number, isFailed: number, answerSeconds: number): void {
    const calls = this.#calls;
    calls.visit[call] = NONE;
    if (answerSeconds > calls.deadlineSeconds[call]!) {
      calls.state[call] = IS_TOO_LATE;
      return;
    }
    this.#deadlines.clear(call);
    calls.hasFailed[call] = isFailed;
    calls.state[call] = IS_ANSWERED;
    this.#run.agenda.schedule(answerSeconds, (call << KIND_BITS) | ANSWER);
  }

  /** The event ANSWER. */
  answer(call: number, nowSeconds: number): void {
    const calls = this.#calls;
    if (calls.state[call] === IS_ABANDONED) {
      calls.close(call);
      return;
    }
    this.#giveConnectionBack(call, nowSeconds);
    if (calls.hasFailed[call] === 0) {
      this.#settle(call);
      return;
    }
    const edge = calls.edge[call]!;
    this.edgeFailures[edge] = this.edgeFailures[edge]! + 1;
    this.#attemptFailed(call, nowSeconds);
  }

  /** The event RETRY. */
  retry(call: number, nowSeconds: number): void {
    if (this.#calls.state[call] === IS_ABANDONED) this.#calls.close(call);
    else this.#attempt(call, nowSeconds);
  }

  /** The event TIMEOUT. */
  timeout(edge: number, nowSeconds: number): void {
    for (;;) {
      const call = this.#deadlines.takeDue(edge, nowSeconds);
      if (call === NONE) return;
      this.edgeTimeouts[edge] = this.edgeTimeouts[edge]! + 1;
      this.#breakOff(call, nowSeconds);
      this.#attemptFailed(call, nowSeconds);
    }
  }

  /** The caller is about to depart as failed: nobody waits for its calls any more. */
  abandonCalls(caller: number, nowSeconds: number): void {
    const calls = this.#calls;
    const first = this.#run.visits.word(caller, FIRST_CALL);
    // Those in the queue first: a connection given back by one must not go to another.
    for (let call = first; call !== NONE; call = calls.next[call]!) {
      if (calls.state[call] !== WAITS_FOR_CONNECTION) continue;
      this.#deadlines.clear(call);
      this.#breakOff(call, nowSeconds);
      calls.state[call] = IS_SETTLED;
    }
    for (let call = first; call !== NONE; ) {
      const following = calls.next[call]!;
      this.#abandon(call, nowSeconds);
      call = following;
    }
  }

  #open(caller: number, edge: number): number {
    const { visits } = this.#run;
    const call = this.#calls.open(caller, edge);
    if (call === NONE) {
      this.#run.stop();
      return NONE;
    }
    this.#calls.next[call] = visits.word(caller, PENDING) === 0 ? NONE : visits.word(caller, FIRST_CALL);
    visits.setWord(caller, FIRST_CALL, call);
    visits.setWord(caller, PENDING, visits.word(caller, PENDING) + 1);
    return call;
  }

  #attempt(call: number, nowSeconds: number): void {
    const calls = this.#calls;
    const edge = calls.edge[call]!;
    this.#edgeAttempts[edge] = this.#edgeAttempts[edge]! + 1;
    calls.attempt[call] = calls.attempt[call]! + 1;
    this.#deadlines.set(call, nowSeconds + this.#network.edgeTimeoutSeconds[edge]!);
    const pool = this.#network.edgePool[edge]!;
    const hasConnection = pool === NONE || this.#pools.take(pool, this.#replicaOf(call), call);
    if (hasConnection) this.#sendAttempt(call, nowSeconds);
    else calls.state[call] = WAITS_FOR_CONNECTION;
  }

  #sendAttempt(call: number, nowSeconds: number): void {
    const { visits, draws } = this.#run;
    const edge = this.#calls.edge[call]!;
    const caller = this.#calls.caller[call]!;
    const halfGapSeconds = draws.gapSeconds(edge) / 2;
    const thereSeconds = halfGapSeconds + this.#lossSeconds(edge);
    const depth = visits.word(caller, DEPTH) + 1;
    const slot = visits.open(this.#network.edgeCallee[edge]!, visits.word(caller, ROOT), answerTo(call), depth);
    if (slot === NONE) {
      this.#run.stop();
      return;
    }
    visits.setSeconds(slot, ANSWER_DELAY, halfGapSeconds + this.#lossSeconds(edge));
    this.#calls.visit[call] = slot;
    this.#calls.state[call] = IS_SENT;
    this.#run.agenda.schedule(nowSeconds + thereSeconds, (slot << KIND_BITS) | ARRIVE);
  }

  /** What losses add to the way of one message: it is sent again after 1, then 2, then 4 … times the wait. */
  #lossSeconds(edge: number): number {
    if (this.#network.edgeLossProbability[edge] === 0) return 0;
    const losses = this.#run.draws.losses(edge);
    this.edgeLosses[edge] = this.edgeLosses[edge]! + losses;
    return this.#network.edgeRetransmitSeconds[edge]! * (2 ** losses - 1);
  }

  /** Nobody waits for the attempt any more: its visit works on for nobody, its connection goes to the next. */
  #breakOff(call: number, nowSeconds: number): void {
    const calls = this.#calls;
    const visit = calls.visit[call]!;
    calls.visit[call] = NONE;
    if (visit !== NONE) this.#run.visits.setWord(visit, PARENT, NONE);
    if (calls.state[call] !== WAITS_FOR_CONNECTION) this.#giveConnectionBack(call, nowSeconds);
    else this.#pools.leave(this.#network.edgePool[calls.edge[call]!]!, this.#replicaOf(call), call);
  }

  #giveConnectionBack(call: number, nowSeconds: number): void {
    const pool = this.#network.edgePool[this.#calls.edge[call]!]!;
    if (pool === NONE) return;
    const nextCall = this.#pools.release(pool, this.#replicaOf(call));
    if (nextCall !== NONE) this.#sendAttempt(nextCall, nowSeconds);
  }

  #attemptFailed(call: number, nowSeconds: number): void {
    const calls = this.#calls;
    const edge = calls.edge[call]!;
    const attempt = calls.attempt[call]!;
    if (attempt < this.#network.edgeAttemptsMax[edge]!) {
      calls.state[call] = BACKS_OFF;
      const backoffSeconds =
        this.#network.edgeBackoffSeconds[edge]! * this.#network.edgeBackoffFactor[edge]! ** (attempt - 1);
      this.#run.agenda.schedule(nowSeconds + backoffSeconds, (call << KIND_BITS) | RETRY);
    } else if (this.#network.edgeIsRequired[edge] === 0) {
      this.#settle(call);
    } else {
      calls.state[call] = IS_SETTLED;
      this.#run.fail(calls.caller[call]!);
    }
  }

  #settle(call: number): void {
    const calls = this.#calls;
    const { visits } = this.#run;
    const caller = calls.caller[call]!;
    calls.state[call] = IS_SETTLED;
    const pending = visits.word(caller, PENDING) - 1;
    visits.setWord(caller, PENDING, pending);
    if (pending > 0) return;
    let settled = visits.word(caller, FIRST_CALL);
    while (settled !== NONE) {
      const following = calls.next[settled]!;
      calls.close(settled);
      settled = following;
    }
    this.#run.goOn(caller);
  }

  #abandon(call: number, nowSeconds: number): void {
    const calls = this.#calls;
    const state = calls.state[call]!;
    if (state === IS_ANSWERED || state === BACKS_OFF) {
      if (state === IS_ANSWERED) this.#giveConnectionBack(call, nowSeconds);
      calls.state[call] = IS_ABANDONED;
      return;
    }
    if (state !== IS_SETTLED) {
      this.#deadlines.clear(call);
      this.#breakOff(call, nowSeconds);
    }
    calls.close(call);
  }

  #replicaOf(call: number): number {
    return this.#run.visits.word(this.#calls.caller[call]!, REPLICA);
  }
}
