import { MalformedError } from "../../contracts/errors.ts";
import type { Encoding } from "../encodings.ts";
import type { BodyFormat, Signal } from "./decoder.ts";
import { type Encoding as Packing, TooLargeError, unpacked } from "./inflate.ts";
import type { Intake } from "./intake.ts";

/** One body on its way in, and the bytes the intake holds for it from its first chunk until its answer. */
export class Delivery {
  readonly maxBodyBytes: number;
  readonly #intake: Intake;
  readonly #framingBytes: number;
  #receivedBytes = 0;
  #heldBytes = 0;

  /** `framingBytes` come with the body and are no part of it. */
  constructor(intake: Intake, maxBodyBytes: number, framingBytes = 0) {
    this.#intake = intake;
    this.maxBodyBytes = maxBodyBytes;
    this.#framingBytes = framingBytes;
  }

  /**
   * Counts bytes of the body that have come.
   *
   * @throws {TooLargeError} when they are more than a body may have.
   * @throws {BusyError} when too many bytes are under way.
   */
  receive(byteCount: number): void {
    this.#receivedBytes += byteCount;
    if (this.#receivedBytes > this.maxBodyBytes + this.#framingBytes) throw new TooLargeError(this.maxBodyBytes);
    this.#hold(byteCount);
  }

  /**
   * Unpacks the body and hands it to the intake; resolves when it was taken in, with the number of its spans or points that
   * were refused.
   *
   * @throws {MalformedError} when it does not unpack or is no such body (counted in the ledger).
   * @throws {TooLargeError | BusyError} as `receive` does.
   */
  async accept(signal: Signal, format: BodyFormat | Encoding, packing: Packing, received: Buffer): Promise<number> {
    const body = await this.#unpacked(packing, received);
    const origin = packing === "identity" ? {} : { packed: { bytes: received, packing } };
    return this.#intake.accept(signal, format, body, origin);
  }

  /** The answer is known: what was held for the body is free. */
  release(): void {
    this.#intake.release(this.#heldBytes);
    this.#heldBytes = 0;
  }

  async #unpacked(packing: Packing, received: Buffer): Promise<Buffer> {
    try {
      return await unpacked(packing, received, this.maxBodyBytes, (byteCount) => this.#hold(byteCount));
    } catch (error) {
      if (error instanceof MalformedError) this.#intake.refuse();
      throw error;
    }
  }

  #hold(byteCount: number): void {
    this.#intake.reserve(byteCount);
    this.#heldBytes += byteCount;
  }
}
