/** What one sender may ask of a server, whatever its protocol. */
export interface ServerLimits {
  /** Largest body, before and after decompression. */
  readonly maxBodyBytes: number;
  /** Connections open at one time on one port; what comes after is closed at once, and counted. */
  readonly maxConnections: number;
  /** A connection on which nothing happens is closed after this. */
  readonly idleSeconds: number;
  /** The head of a request, or a TLS handshake, must be here this long after it began. */
  readonly headSeconds: number;
  /** A whole request must be here this long after it began. */
  readonly requestSeconds: number;
}

/** How long a sender is waited for. */
export type Patience = Pick<ServerLimits, "idleSeconds" | "headSeconds" | "requestSeconds">;

/** Idle and request time as the Collector has them; a head is small and gets less. */
export const PATIENCE: Patience = { idleSeconds: 60, headSeconds: 20, requestSeconds: 60 };
