import { SPAN_KIND } from "../../src/contracts/telemetry.ts";
import type { Application, Operation, Program } from "./application.ts";
import { Clock } from "./clock.ts";
import type { SyntheticFault } from "./faults.ts";
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
  for (const fault of options.faults ?? []) plan(fault, services[fault.service]!, clock);
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

function plan(fault: SyntheticFault, service: RunningService, clock: Clock): void {
  const apply = (size: number): void => {
    if (fault.kind === "slower-code") service.workFactor = size;
    if (fault.kind === "fewer-servers") service.scaleServers(size);
    if (fault.kind === "edge-delay") service.addedGapSeconds = size;
  };
  clock.at(fault.fromSeconds, () => apply(fault.size));
  clock.at(fault.untilSeconds, () => apply(fault.kind === "edge-delay" ? 0 : 1));
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
  #visit(operationIndex: number, trace: number, parent: number, answer: () => void): void {
    const operation = this.#application.operations[operationIndex]!;
    const service = this.#services[operation.service]!;
    const instance = service.choose();
    const span = ++this.#spanCount;
    const comesSeconds = this.#clock.nowSeconds;
    instance.enter((isSpanFromArrival) => {
      const startSeconds = isSpanFromArrival ? comesSeconds : this.#clock.nowSeconds;
      const visit: VisitContext = { trace, span, operation: operationIndex, instance };
      this.#runProgram(operation, service, visit, () => {
        this.#end(visit, SPAN_KIND.server, operationIndex, { id: span, parent, startSeconds });
        instance.leave();
        answer();
      });
    });
  }

  #runProgram(operation: Operation, service: RunningService, visit: VisitContext, done: () => void): void {
    const program = service.drawProgram(operation);
    const workSeconds = service.drawWork(visit.operation, operation, visit.instance) * program.workFactor;
    const runSegment = (segment: number): void => {
      visit.instance.work(workSeconds * program.workShares[segment]!, () => {
        if (segment === program.groups.length) done();
        else this.#callGroup(program, segment, visit, () => runSegment(segment + 1));
      });
    };
    runSegment(0);
  }

  #callGroup(program: Program, group: number, caller: VisitContext, done: () => void): void {
    const callees = program.groups[group]!;
    let waitingFor = callees.length;
    for (const callee of callees) {
      this.#call(callee, caller, () => {
        waitingFor--;
        if (waitingFor === 0) done();
      });
    }
  }

  #call(callee: number, caller: VisitContext, answered: () => void): void {
    const operation = this.#application.operations[callee]!;
    const service = this.#services[operation.service]!;
    const id = ++this.#spanCount;
    const startSeconds = this.#clock.nowSeconds;
    const oneWaySeconds = service.drawGap(operation) / 2;
    const comeBack = (): void => {
      this.#clock.after(oneWaySeconds, () => {
        this.#end(caller, SPAN_KIND.client, callee, { id, parent: caller.span, startSeconds });
        answered();
      });
    };
    this.#clock.after(oneWaySeconds, () => {
      if (service.isLeaf) {
        this.#clock.after(service.drawWork(callee, operation, service.choose()), comeBack);
      } else {
        this.#visit(callee, caller.trace, id, comeBack);
      }
    });
  }

  #end(
    by: VisitContext,
    kind: SyntheticSpan["kind"],
    operation: number,
    span: { id: number; parent: number; startSeconds: number },
  ): void {
    const { trace, instance } = by;
    const { service, replica } = instance;
    this.#onSpan({ trace, kind, operation, service, replica, ...span, endSeconds: this.#clock.nowSeconds });
  }
}
