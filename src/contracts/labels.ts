/** `labels.json` of a recording: what was injected, where and when. */
export interface LabelledFault {
  /** Unix seconds, UTC. */
  readonly start: number;
  readonly end: number;
  /** Guilty node: a service, or the name of a leaf station. */
  readonly service: string;
  /** Kind as injected, e.g. "slow-code". */
  readonly fault: string;
  /** False for code defects: shown in their own table, in no total. */
  readonly performance: boolean;
  /** Injector's own parameters, for people. */
  readonly detail?: Readonly<Record<string, unknown>>;
}

export interface LabelledLoad {
  readonly start: number;
  readonly end: number;
  /** "surge", "ramp", … */
  readonly shape: string;
  readonly factor: number;
}

export interface Labels {
  readonly unit: "unix seconds, UTC";
  readonly settleSeconds: number;
  readonly covered: readonly (readonly [number, number])[];
  readonly faults: readonly LabelledFault[];
  /** Times of unusual load without a fault: an alarm here is a false alarm. */
  readonly loads?: readonly LabelledLoad[];
}
