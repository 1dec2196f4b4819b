/** The receiver cannot take a body now; the sender may try again. */
export class BusyError extends Error {
  /** True when no slower sender could help: it is starting, going away, or its disk is full. */
  readonly isUnavailable: boolean;
  readonly retryAfterSeconds = 1;

  constructor(message: string, options: { isUnavailable?: boolean; cause?: unknown } = {}) {
    super(message, options.cause === undefined ? undefined : { cause: options.cause });
    this.name = "BusyError";
    this.isUnavailable = options.isUnavailable ?? false;
  }

  static closing(): BusyError {
    return new BusyError("shutting down", { isUnavailable: true });
  }

  static unavailable(cause: Error): BusyError {
    return new BusyError(cause.message, { isUnavailable: true, cause });
  }
}
