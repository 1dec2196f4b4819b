import { renameSync, writeFileSync } from "node:fs";
import type { LabelledFault, LabelledLoad, Labels } from "../../src/contracts/labels.ts";
import type { FaultOrder } from "./faults.ts";
import { isBaseLoad, type LoadShape, peakFactor } from "./load-shape.ts";

type Open<T> = { -readonly [K in keyof T]: T[K] };

/** What every label of a run has in common. */
export interface LabelContext {
  readonly application: string;
  /** After a fault, how long alarms are neither right nor wrong. */
  readonly settleSeconds: number;
  /** Service that saturates first. */
  readonly bottleneck: string;
  /** Share of the bottleneck's capacity that load factor 1 asks for. */
  readonly baseUtilization: number;
}

/** Keeps what was injected, and writes it as `labels.json` whenever something changes (whole or not at all). */
export class LabelRecorder {
  readonly #file: string | null;
  readonly #context: LabelContext;
  readonly #startSeconds: number;
  readonly #faults = new Map<number, Open<LabelledFault>>();
  readonly #loads: Open<LabelledLoad>[] = [];
  readonly #openFaults = new Set<number>();
  #isLoadOpen = false;
  #endSeconds: number | null = null;

  constructor(file: string | null, context: LabelContext, startSeconds: number) {
    this.#file = file;
    this.#context = context;
    this.#startSeconds = startSeconds;
  }

  beginFault(id: number, order: FaultOrder, atSeconds: number): void {
    const { kind, service, replica, target, parameters } = order;
    const detail = { ...parameters, ...(replica === null ? {} : { replica }), ...(target === null ? {} : { target }) };
    this.#faults.set(id, { start: atSeconds, end: atSeconds, service, fault: kind, performance: true, detail });
    this.#openFaults.add(id);
    this.#write(atSeconds);
  }

  endFault(id: number, atSeconds: number): void {
    this.#openFaults.delete(id);
    const fault = this.#faults.get(id);
    if (fault !== undefined) fault.end = atSeconds;
    this.#write(atSeconds);
  }

  load(load: LoadShape, atSeconds: number): void {
    this.#closeLoad(atSeconds);
    if (!isBaseLoad(load)) {
      const { bottleneck, baseUtilization } = this.#context;
      const factor = peakFactor(load);
      const bottleneckUtilization = Math.round(factor * baseUtilization * 1000) / 1000;
      const saturates = bottleneckUtilization > 1;
      this.#loads.push({
        start: atSeconds,
        end: atSeconds,
        shape: load.shape,
        factor,
        bottleneckUtilization,
        saturates,
        bottleneck,
      });
      this.#isLoadOpen = true;
    }
    this.#write(atSeconds);
  }

  /** Nothing is injected any more: what is covered ends here. */
  close(atSeconds: number): void {
    if (this.#endSeconds !== null) return;
    this.#closeLoad(atSeconds);
    this.#endSeconds = atSeconds;
    this.#write(atSeconds);
  }

  /** What is known at `nowSeconds`; what is still going on ends now. */
  labels(nowSeconds: number): Labels {
    const faults = [...this.#faults].map(([id, fault]) =>
      this.#openFaults.has(id) ? { ...fault, end: nowSeconds } : { ...fault },
    );
    const last = this.#loads.length - 1;
    const loads = this.#loads.map((load, index) =>
      this.#isLoadOpen && index === last ? { ...load, end: nowSeconds } : { ...load },
    );
    return {
      unit: "unix seconds, UTC",
      application: this.#context.application,
      settleSeconds: this.#context.settleSeconds,
      covered: [[this.#startSeconds, this.#endSeconds ?? nowSeconds]],
      faults,
      loads,
    };
  }

  #closeLoad(atSeconds: number): void {
    const open = this.#loads.at(-1);
    if (this.#isLoadOpen && open !== undefined) open.end = atSeconds;
    this.#isLoadOpen = false;
  }

  #write(nowSeconds: number): void {
    if (this.#file === null) return;
    writeFileSync(`${this.#file}.part`, `${JSON.stringify(this.labels(nowSeconds), null, 2)}\n`);
    renameSync(`${this.#file}.part`, this.#file);
  }
}
