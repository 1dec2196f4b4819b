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
  /** Multiple of the usual rate; the highest that the shape reaches. */
  readonly factor: number;
  /** What the load asks of the bottleneck as a share of its capacity at the peak: above 1 it cannot keep up. */
  readonly bottleneckUtilization?: number;
  /** Whether the bottleneck cannot keep up. Absent when nobody knows: then it is in no count of right verdicts. */
  readonly saturates?: boolean;
  /** Node that saturates first, as the topology names it. */
  readonly bottleneck?: string;
}

export interface Labels {
  readonly unit: "unix seconds, UTC";
  /** What was recorded: recordings of the same application are no independent evidence. */
  readonly application?: string;
  readonly settleSeconds: number;
  readonly covered: readonly (readonly [number, number])[];
  readonly faults: readonly LabelledFault[];
  /** Times of a load worth a row of its own. Outside every fault an alarm here is a false alarm. */
  readonly loads?: readonly LabelledLoad[];
}
