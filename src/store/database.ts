import { DatabaseSync, type StatementSync } from "node:sqlite";

import { SourceError } from "../contracts/errors.ts";

/** A prepared statement; parameters are bound by name. */
export type Statement = StatementSync;

/** `relaxed`: survives a killed process. `durable`: survives a power cut too, at the price of one sync of the disk. */
export type Durability = "relaxed" | "durable";

/** How long a write waits for another process that holds the file, before it fails as retriable. */
const BUSY_TIMEOUT_MILLISECONDS = 2000;

/** SQLite's primary result codes after which the same call may succeed: busy, locked, out of memory, I/O, full. */
const RETRIABLE_CODES: ReadonlySet<number> = new Set([5, 6, 7, 10, 13]);
const NOT_A_DATABASE = 26;

/**
 * The one place that touches the SQLite driver, so that a renamed or replaced driver changes this file only.
 *
 * All failures leave as `SourceError` and say whether trying again can help.
 */
export class Database {
  readonly #driver: DatabaseSync;

  /** Opens or creates `path`; ":memory:" keeps everything in memory. @throws {SourceError} when it cannot be opened. */
  constructor(path: string, { isReadOnly = false } = {}) {
    const options = { timeout: BUSY_TIMEOUT_MILLISECONDS, readOnly: isReadOnly };
    this.#driver = attempt(`cannot open ${path}`, () => new DatabaseSync(path, options));
  }

  /** Write-ahead log: readers never wait for the writer, and a killed process leaves whole transactions only. */
  useWriteAheadLog(): void {
    this.run("PRAGMA journal_mode = WAL; PRAGMA synchronous = NORMAL; PRAGMA journal_size_limit = 67108864");
  }

  run(sql: string): void {
    attempt("database statement failed", () => this.#driver.exec(sql));
  }

  prepare(sql: string): Statement {
    return attempt("database statement refused", () => this.#driver.prepare(sql));
  }

  /** A pragma that answers one integer. */
  integerPragma(name: "user_version" | "application_id"): number {
    const row = attempt(`cannot read ${name}`, () => this.#driver.prepare(`PRAGMA ${name}`).get());
    return Number(row?.[name] ?? 0);
  }

  /** Runs `work` as one transaction: when it throws, nothing of it was written. */
  transaction<Result>(durability: Durability, work: () => Result): Result {
    return attempt("database write failed", () => {
      // The level may only change outside a transaction; the log is shared, so a durable commit also syncs earlier relaxed ones.
      if (durability === "durable") this.#driver.exec("PRAGMA synchronous = FULL");
      try {
        return this.#commit(work);
      } finally {
        if (durability === "durable") this.#driver.exec("PRAGMA synchronous = NORMAL");
      }
    });
  }

  #commit<Result>(work: () => Result): Result {
    this.#driver.exec("BEGIN IMMEDIATE");
    try {
      const result = work();
      this.#driver.exec("COMMIT");
      return result;
    } catch (error) {
      // A full disk makes SQLite roll back on its own; a second rollback would hide the first error.
      if (this.#driver.isTransaction) this.#driver.exec("ROLLBACK");
      throw error;
    }
  }

  /** Reads through a prepared statement. */
  read<Result>(work: () => Result): Result {
    return attempt("database read failed", work);
  }

  get isOpen(): boolean {
    return this.#driver.isOpen;
  }

  close(): void {
    if (this.#driver.isOpen) this.#driver.close();
  }
}

/** True when the file exists and is something else than a database. */
export function isForeignFile(error: unknown): boolean {
  return error instanceof SourceError && sqliteCode(error.cause) === NOT_A_DATABASE;
}

function attempt<Result>(what: string, work: () => Result): Result {
  try {
    return work();
  } catch (error) {
    const code = sqliteCode(error);
    if (code === null) throw error;
    const message = `${what}: ${(error as Error).message}`;
    throw new SourceError(message, { retriable: RETRIABLE_CODES.has(code), cause: error });
  }
}

/** The primary result code, or null for an error that is not SQLite's. */
function sqliteCode(error: unknown): number | null {
  if (!(error instanceof Error) || !("errcode" in error) || typeof error.errcode !== "number") return null;
  return error.errcode & 0xff;
}
