import { MalformedError } from "../contracts/errors.ts";

/** The JSON value a body holds. @throws {MalformedError} when it holds none. */
export function parseJson(body: Uint8Array): unknown {
  const text = Buffer.from(body.buffer, body.byteOffset, body.byteLength).toString("utf8");
  try {
    return JSON.parse(text);
  } catch (error) {
    throw new MalformedError(`not JSON: ${error instanceof Error ? error.message : String(error)}`);
  }
}
