import type { Announce } from "./events.ts";
import type { FaultOrder } from "./faults.ts";
import type { Fleet } from "./fleet.ts";
import type { LabelRecorder } from "./label-recorder.ts";

interface ActiveFault {
  readonly id: number;
  readonly order: FaultOrder;
  readonly timer: NodeJS.Timeout | null;
}

/** Puts faults on the fleet and takes them off again; every one is labelled and announced. */
export class FaultInjector {
  readonly #fleet: Fleet;
  readonly #labels: LabelRecorder;
  readonly #announce: Announce;
  readonly #active = new Map<number, ActiveFault>();
  #nextId = 1;

  constructor(fleet: Fleet, labels: LabelRecorder, announce: Announce) {
    this.#fleet = fleet;
    this.#labels = labels;
    this.#announce = announce;
  }

  get active(): readonly { readonly id: number; readonly order: FaultOrder }[] {
    return [...this.#active.values()].map(({ id, order }) => ({ id, order }));
  }

  /** Starts a fault; it ends by itself after `durationSeconds`, or when told to (null). Returns its number. */
  begin(order: FaultOrder, durationSeconds: number | null): number {
    const id = this.#nextId++;
    const timer = durationSeconds === null ? null : setTimeout(() => void this.end(id), durationSeconds * 1000);
    this.#active.set(id, { id, order, timer });
    const atSeconds = Date.now() / 1000;
    if (order.kind === "crash") this.#fleet.crash(order);
    else this.#fleet.beginFault(id, order);
    this.#labels.beginFault(id, order, atSeconds);
    const { kind: fault, service, replica, target, parameters } = order;
    this.#announce({
      event: "fault-start",
      atSeconds,
      id,
      service,
      fault,
      durationSeconds,
      detail: { ...parameters, replica, target },
    });
    return id;
  }

  /** Ends a fault; a crash ends when the process is back. False when there is no such fault. */
  async end(id: number): Promise<boolean> {
    const fault = this.#active.get(id);
    if (fault === undefined) return false;
    this.#active.delete(id);
    if (fault.timer !== null) clearTimeout(fault.timer);
    const { kind, service } = fault.order;
    if (kind === "crash") await this.#fleet.restart(fault.order);
    else this.#fleet.endFault(id);
    const atSeconds = Date.now() / 1000;
    this.#labels.endFault(id, atSeconds);
    this.#announce({ event: "fault-end", atSeconds, id, service, fault: kind });
    return true;
  }

  /** Ends all, without bringing crashed processes back: for the end of a run. */
  abandon(): void {
    const atSeconds = Date.now() / 1000;
    for (const { id, order, timer } of this.#active.values()) {
      if (timer !== null) clearTimeout(timer);
      this.#labels.endFault(id, atSeconds);
      this.#announce({ event: "fault-end", atSeconds, id, service: order.service, fault: order.kind });
    }
    this.#active.clear();
  }
}
