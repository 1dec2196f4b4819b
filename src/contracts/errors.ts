/** A user's mistake, found before anything starts: names the key, the value and the rule. */
export class SettingsError extends Error {
  readonly key: string;

  constructor(key: string, value: unknown, rule: string) {
    super(`${key}: ${JSON.stringify(value)} ${rule}`);
    this.name = "SettingsError";
    this.key = key;
  }
}

/** A source, store or neighbour that failed; says whether trying again can help. */
export class SourceError extends Error {
  readonly retriable: boolean;

  constructor(message: string, options: { retriable: boolean; cause?: unknown }) {
    super(message, options.cause === undefined ? undefined : { cause: options.cause });
    this.name = "SourceError";
    this.retriable = options.retriable;
  }
}

/** A body or record that is not what its format says. Nothing of it has been taken. */
export class MalformedError extends Error {
  constructor(message: string, options?: ErrorOptions) {
    super(message, options);
    this.name = "MalformedError";
  }
}
