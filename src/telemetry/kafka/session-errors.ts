/** An error of the taker, which is none of the broker's. */
export class TakeError extends Error {
  constructor(cause: unknown) {
    super("taking a record failed", { cause });
    this.name = "TakeError";
  }
}

/** Topics came that the settings ask for; the group has to be joined anew to read them. */
export class NewTopicsError extends Error {
  constructor(topics: readonly string[]) {
    super(`new topics: ${topics.join(", ")}`);
    this.name = "NewTopicsError";
  }
}
