import { SPAN_KIND } from "../../src/contracts/telemetry.ts";
import type { Application, Operation } from "./application.ts";
import { Clock } from "./clock.ts";
import { planFault, type SyntheticFault } from "./faults.ts";
import type { Requests } from "./load.ts";
import { createRunningService, type RunningInstance, type RunningService } from "./running-service.ts";
import type { SyntheticSpan } from "./span.ts";
import { UtilizationMeter } from "./utilization-meter.ts";

export interface SimulationOptions {
  readonly seed: number;
  /** Called with every span when it ends, in order of that. */
  readonly onSpan: (span: SyntheticSpan) => void;
  readonly faults?: readonly SyntheticFault[];
  /** When given, what is still under way then is left unfinished. */
  readonly untilSeconds?: number;
  /** Length of the windows whose utilization is told; default 5. */
  readonly windowSeconds?: number;
}

export interface SimulationTruth {
  /** [service][window]: busy servers / servers in windows from second 0 on; NaN for `delay`. */
  readonly utilization: readonly Float64Array[];
  /** The same of workers or threads, which are held while calls are answered. */
  readonly occupancy: readonly Float64Array[];
  readonly endSeconds: number;
}

/**
 * Plays the requests through the application, each visit as a chain of callbacks. It shares nothing with the twin's
 * simulator, so that what is wrong in one does not confirm itself in the other.
 */
export function simulateApplication(
  application: Application,
  requests: Requests,
  options: SimulationOptions,
): SimulationTruth {
  const clock = new Clock();
  const services = application.services.map((service, index) =>
    createRunningService(service, { clock, seed: options.seed, index }),
  );
  const lastSeconds = requests.timeSeconds[requests.timeSeconds.length - 1] ?? 0;
  const endSeconds = options.untilSeconds ?? lastSeconds;
  const meter = new UtilizationMeter(clock, services, { windowSeconds: options.windowSeconds ?? 5, endSeconds });
  for (const fault of options.faults ?? []) planFault(fault, services[fault.service]!, clock);
  const run = new Run(application, services, clock, options.onSpan);
  sendNext(0);
  clock.runUntil(endSeconds);
  for (const service of services) service.stopPauses();
  if (options.untilSeconds === undefined) clock.runUntil(Number.POSITIVE_INFINITY);
  return { utilization: meter.utilization, occupancy: meter.occupancy, endSeconds };

  function sendNext(index: number): void {
    if (index >= requests.timeSeconds.length) return;
    clock.at(requests.timeSeconds[index]!, () => {
      sendNext(index + 1);
      run.request(index + 1, requests.operation[index]!);
    });
  }
}

/** Who makes a visit, as the spans below it need to know it. */
interface VisitContext {
  readonly trace: number;
  readonly span: number;
  readonly operation: number;
  readonly instance: RunningInstance;
}

class Run {
  readonly #application: Application;
  readonly #services: readonly RunningService[];
  readonly #clock: Clock;
  readonly #onSpan: (span: SyntheticSpan) => void;
  #spanCount = 0;

  constructor(
    application: Application,
    services: readonly RunningService[],
    clock: Clock,
    onSpan: (span: SyntheticSpan) => void,
  ) {
    this.#application = application;
    this.#services = services;
    this.#clock = clock;
    this.#onSpan = onSpan;
  }

  request(trace: number, operation: number): void {
    this.#visit(operation, trace, 0, () => {});
  }

  /** One visit of a service: a thread, its program, its answer. */
  #visit(operationIndex: number, trace: number, parent: number, answer: (isError: boolean) => void): void {
    const operation = this.#application.operations[operationIndex]!;
    const service = this.#services[operation.service]!;
    const instance = service.choose();
    const span = ++this.#spanCount;
    const comesSeconds = this.#clock.nowSeconds;
    instance.enter((isSpanFromArrival) => {
      const startSeconds = isSpanFromArrival ? comesSeconds : this.#clock.nowSeconds;
      const visit: VisitContext = { trace, span, operation: operationIndex, instance };
      this.#runProgram(operation, service, visit, (isError) => {
        this.#end(visit, SPAN_KIND.server, operationIndex, { id: span, parent, startSeconds, isError });
        instance.leave();
        answer(isError);
      });
    });
  }

  /** A visit gives up when a call of it has failed. */
  #runProgram(
    operation: Operation,
    service: RunningService,
    visit: VisitContext,
    done: (isError: boolean) => void,
  ): void {
    const program = service.drawProgram(operation);
    const groups = [...program.groups, ...service.drawMoreCalls(program)];
    const shares = program.workShares;
    const workSeconds = service.drawWork(visit.operation, operation, visit.instance) * program.workFactor;
    const runSegment = (segment: number): void => {
      // What comes after the calls that are more than usual is the last part of the work, done before them.
      visit.instance.work(workSeconds * (shares[segment] ?? 0), () => {
        if (segment === groups.length) done(false);
        else
          this.#callGroup(groups[segment]!, visit, (isError) => {
            if (isError) done(true);
            else runSegment(segment + 1);
          });
      });
    };
    runSegment(0);
  }

  #callGroup(callees: readonly number[], caller: VisitContext, done: (isError: boolean) => void): void {
    let waitingFor = callees.length;
    let isAnyError = false;
    for (const callee of callees) {
      this.#call(callee, caller, (isError) => {
        isAnyError ||= isError;
        waitingFor--;
        if (waitingFor === 0) done(isAnyError);
      });
    }
  }

  #call(callee: number, caller: VisitContext, answered: (isError: boolean) => void): void {
    const operation = this.#application.operations[callee]!;
    const service = this.#services[operation.service]!;
    const id = ++this.#spanCount;
    const startSeconds = this.#clock.nowSeconds;
    const oneWaySeconds = service.drawGap(operation) / 2;
    const comeBack = (isError: boolean): void => {
      this.#clock.after(oneWaySeconds + service.drawLossSeconds(), () => {
        this.#end(caller, SPAN_KIND.client, callee, { id, parent: caller.span, startSeconds, isError });
        answered(isError);
      });
    };
    this.#clock.after(oneWaySeconds + service.drawLossSeconds(), () => {
      if (service.isDown) {
        comeBack(true);
      } else if (service.isLeaf) {
        this.#clock.after(service.drawWork(callee, operation, service.choose()), () => comeBack(false));
      } else {
        this.#visit(callee, caller.trace, id, comeBack);
      }
    });
  }

  #end(
    by: VisitContext,
    kind: SyntheticSpan["kind"],
    operation: number,
    span: { id: number; parent: number; startSeconds: number; isError: boolean },
  ): void {
    const { trace, instance } = by;
    const { service, replica } = instance;
    this.#onSpan({ trace, kind, operation, service, replica, ...span, endSeconds: this.#clock.nowSeconds });
  }
}
