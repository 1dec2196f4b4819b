/** What can be made wrong with a service for a while. */
export interface SyntheticFault {
  /**
   * `slower-code`: own work × `size`. `fewer-servers`: workers or processors × `size` (workers rounded, at least 1).
   * `edge-delay`: `size` seconds more for every call of the service, there and back.
   */
  readonly kind: "slower-code" | "fewer-servers" | "edge-delay";
  readonly service: number;
  readonly size: number;
  readonly fromSeconds: number;
  readonly untilSeconds: number;
}
