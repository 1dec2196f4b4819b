import { drawExponential, drawNormal, type RandomStream, randomStream } from "../testbed/random.ts";
import { type Operation, type Program, type Service, serverCountOf, workerCountOf } from "./application.ts";
import type { Appointment, Clock } from "./clock.ts";
import { drawTime, lognormalOf } from "./draw-time.ts";
import { Processor, WorkerPool } from "./instance.ts";

/** A running copy of a service. */
export interface RunningInstance {
  readonly service: number;
  readonly replica: number;
  /** Calls back when the visit has what it must hold; true when its span began as it came, false when it begins now. */
  enter(begin: (isSpanFromArrival: boolean) => void): void;
  leave(): void;
  work(seconds: number, done: () => void): void;
  /** Server seconds used so far. */
  readonly busySeconds: number;
  /** Worker or thread seconds held so far. */
  readonly heldSeconds: number;
  scaleServers(factor: number): void;
  /** Nothing moves until it has gone on as often as it was paused. */
  pause(): void;
  goOn(): void;
  /** On its work, besides its service's. */
  workFactor: number;
  /** Normal score of the last work of each operation, for autocorrelation. */
  readonly scores: Map<number, number>;
}

/** A sender waits so long for the word that a message came, then twice as long, and so on. */
const RESEND_SECONDS = 0.2;
const RESEND_MAX_SECONDS = 5;

interface Surroundings {
  readonly clock: Clock;
  readonly seed: number;
  readonly index: number;
}

/** A service while it runs: its instances, and the dice for all that happens there. */
export interface RunningService {
  readonly isLeaf: boolean;
  readonly instances: readonly RunningInstance[];
  /** Servers of all its instances when nothing is wrong. */
  readonly serverCount: number;
  /** Workers or threads of all its instances. */
  readonly workerCount: number;
  workFactor: number;
  addedGapSeconds: number;
  /** Chance of a message to or from it to be lost. */
  lossProbability: number;
  /** Share of its visits that make their first call twice more. */
  moreCallsShare: number;
  /** Every call of it fails. */
  isDown: boolean;
  choose(): RunningInstance;
  drawProgram(operation: Operation): Program;
  /** @param key what tells the operation from others of the service */
  drawWork(key: number, operation: Operation, instance: RunningInstance): number;
  drawGap(operation: Operation): number;
  /** How long one message waits to be sent again, until it gets through. */
  drawLossSeconds(): number;
  /** Groups of calls that a visit makes besides those of its program. */
  drawMoreCalls(program: Program): readonly (readonly number[])[];
  scaleServers(factor: number): void;
  /** Ends the garbage collections, which would go on for ever. */
  stopPauses(): void;
}

export function createRunningService(service: Service, surroundings: Surroundings): RunningService {
  const { clock, seed, index } = surroundings;
  const dice = (purpose: string): RandomStream => randomStream(seed, `service ${index} ${purpose}`);
  const programDice = dice("program");
  const workDice = dice("work");
  const gapDice = dice("gap");
  const choiceDice = dice("choice");
  const lossDice = dice("loss");
  const moreCallsDice = dice("more calls");
  const instances = Array.from({ length: service.replicaCount }, (_, replica) =>
    createInstance(service, clock, index, replica),
  );
  const pauses = instances.map((instance) =>
    collectGarbage(service, instance, clock, dice(`pause ${instance.replica}`)),
  );
  let turn = 0;
  const running: RunningService = {
    isLeaf: service.isLeaf,
    instances,
    serverCount: serverCountOf(service.station) * instances.length,
    workerCount: workerCountOf(service.station) * instances.length,
    workFactor: 1,
    addedGapSeconds: 0,
    lossProbability: 0,
    moreCallsShare: 0,
    isDown: false,
    choose: () =>
      instances[
        service.balancing === "random" ? Math.floor(choiceDice() * instances.length) : turn++ % instances.length
      ]!,
    drawProgram: (operation) => {
      let left = programDice();
      return (
        operation.programs.find((program) => {
          left -= program.probability;
          return left < 0;
        }) ?? operation.programs[0]!
      );
    },
    drawWork: (key, operation, instance) =>
      running.workFactor * instance.workFactor * drawWork(service, key, operation, instance, workDice),
    drawGap: (operation) => running.addedGapSeconds + drawTime(gapDice, operation.gap),
    drawLossSeconds: () => {
      let seconds = 0;
      for (let wait = RESEND_SECONDS; lossDice() < running.lossProbability && seconds < RESEND_MAX_SECONDS; wait *= 2)
        seconds += wait;
      return seconds;
    },
    drawMoreCalls: (program) => {
      const first = program.groups[0]?.[0];
      if (first === undefined || !(moreCallsDice() < running.moreCallsShare)) return [];
      return [[first], [first]];
    },
    scaleServers: (factor) => {
      for (const instance of instances) instance.scaleServers(factor);
    },
    stopPauses: () => {
      for (const stop of pauses) stop();
    },
  };
  return running;
}

/** With autocorrelation the work is lognormal whatever its shape: its normal score follows an AR(1) process. */
function drawWork(
  service: Service,
  key: number,
  operation: Operation,
  instance: RunningInstance,
  random: RandomStream,
): number {
  const { autocorrelation } = service;
  if (autocorrelation === 0) return drawTime(random, operation.work);
  const innovation = drawNormal(random);
  const last = instance.scores.get(key);
  const score =
    last === undefined ? innovation : autocorrelation * last + Math.sqrt(1 - autocorrelation ** 2) * innovation;
  instance.scores.set(key, score);
  return lognormalOf(score, operation.work.meanSeconds, operation.work.cv);
}

function createInstance(service: Service, clock: Clock, index: number, replica: number): RunningInstance {
  const { station } = service;
  const isShared = station.discipline === "ps";
  const processorCount = isShared ? station.processorCount : Number.POSITIVE_INFINITY;
  const processor = new Processor(clock, processorCount);
  let pauses = 0;
  const pool = station.discipline === "delay" ? null : new WorkerPool(clock, workerCountOf(station));
  return {
    service: index,
    replica,
    enter: (begin) => {
      if (pool === null) begin(true);
      else pool.acquire(() => begin(!isShared));
    },
    leave: () => pool?.release(),
    work: (seconds, done) => processor.work(seconds, done),
    get busySeconds() {
      return station.discipline === "fifo" ? pool!.busySeconds : processor.busySeconds;
    },
    get heldSeconds() {
      return pool?.busySeconds ?? 0;
    },
    scaleServers: (factor) => {
      if (station.discipline === "fifo") pool!.resize(Math.max(1, Math.round(station.workerCount * factor)));
      else processor.resize(processorCount * factor);
    },
    pause: () => processor.setPaused(++pauses > 0),
    goOn: () => processor.setPaused(--pauses > 0),
    workFactor: 1,
    scores: new Map(),
  };
}

function collectGarbage(service: Service, instance: RunningInstance, clock: Clock, random: RandomStream): () => void {
  const { pause } = service;
  if (pause === null) return () => {};
  let next: Appointment;
  let isPaused = false;
  const wait = (): void => {
    next = clock.after(drawExponential(random, pause.intervalSeconds), () => {
      instance.pause();
      isPaused = true;
      next = clock.after(pause.durationSeconds, () => {
        instance.goOn();
        isPaused = false;
        wait();
      });
    });
  };
  wait();
  return () => {
    next.cancel();
    if (isPaused) instance.goOn();
  };
}
