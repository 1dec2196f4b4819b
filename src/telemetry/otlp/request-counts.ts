/** `http` and `grpc` are those of OTLP. */
export type Transport = "http" | "grpc" | "zipkin";

/** One line of the counts: answers of one transport with one code (HTTP status, or gRPC status code). */
export interface RequestCount {
  readonly transport: Transport;
  readonly code: number;
  readonly count: number;
}

/** Counts answers and refused connections. Bounded: there are few codes. */
export class RequestCounts {
  readonly #answers = new Map<string, { readonly transport: Transport; readonly code: number; count: number }>();
  readonly #dropped: Record<Transport, number> = { http: 0, grpc: 0, zipkin: 0 };

  answered(transport: Transport, code: number): void {
    const key = `${transport} ${code}`;
    const row = this.#answers.get(key) ?? { transport, code, count: 0 };
    row.count += 1;
    this.#answers.set(key, row);
  }

  /** A connection was closed at once: there are too many. */
  dropped(transport: Transport): void {
    this.#dropped[transport] += 1;
  }

  answers(): readonly RequestCount[] {
    return [...this.#answers.values()].map((row) => ({ ...row }));
  }

  connectionsDropped(): Readonly<Record<Transport, number>> {
    return { ...this.#dropped };
  }
}
