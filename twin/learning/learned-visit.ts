/** One learned visit; `segments` are its self segments in seconds, waiting included, `groups` its calls between them. */
export interface LearnedVisit {
  readonly arrivalSeconds: number;
  readonly departureSeconds: number;
  readonly childSeconds: number;
  readonly operation: number;
  readonly program: number;
  readonly segments: Float64Array;
  readonly groups: Float64Array;
}
