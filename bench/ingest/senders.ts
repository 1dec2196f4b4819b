import { Agent, request } from "node:http";
import { connect } from "node:http2";

/** Sends one body and resolves when it was accepted. */
export interface Sender {
  send(body: Uint8Array): Promise<void>;
  close(): void;
}

/** Bodies under way at a time: what a collector's exporter has by default is ten. */
export const IN_FLIGHT = 8;

/** How long an idle connection is used again: less than servers wait before they close it. */
const IDLE_MS = 2000;

/** Answers after which a client tries again: full, starting, or going away. */
const TRY_AGAIN: ReadonlySet<number> = new Set([429, 502, 503, 504]);
const GRPC_UNAVAILABLE = "14";
/** Each a second later, which is what the detector asks for. */
const TRIES = 60;

function again(send: () => Promise<void>): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, 1000)).then(send);
}

/** OTLP/HTTP with kept connections. */
export function httpSender(port: number): Sender {
  const agent = new Agent({ keepAlive: true, maxSockets: IN_FLIGHT, timeout: IDLE_MS });
  const headers = { "content-type": "application/x-protobuf" };
  const send = (body: Uint8Array, triesLeft = TRIES): Promise<void> =>
    new Promise((resolve, reject) => {
      const call = request(
        { port, host: "127.0.0.1", method: "POST", path: "/v1/traces", agent, headers },
        (response) => {
          let said = "";
          response.setEncoding("latin1");
          response.on("data", (chunk: string) => {
            said += chunk;
          });
          response.once("end", () => {
            if (response.statusCode === 200) resolve();
            else if (TRY_AGAIN.has(response.statusCode!) && triesLeft > 0)
              again(() => send(body, triesLeft - 1)).then(resolve, reject);
            else reject(new Error(`HTTP ${response.statusCode}: ${said.slice(0, 500)}`));
          });
        },
      );
      call.once("error", (error: NodeJS.ErrnoException) => {
        // The other side closed a kept connection just then: it is for the sender to try again.
        if (call.reusedSocket && error.code === "ECONNRESET") send(body).then(resolve, reject);
        else reject(error);
      });
      call.setHeader("content-length", body.length);
      // The agent's patience is for idle connections: a window may take the server longer.
      call.setTimeout(0);
      call.end(body);
    });
  return { send, close: () => agent.destroy() };
}

const GRPC_PATH = "/opentelemetry.proto.collector.trace.v1.TraceService/Export";

/** OTLP/gRPC by hand over one HTTP/2 connection, so that the sender costs little. */
export function grpcSender(port: number): Sender {
  const session = connect(`http://127.0.0.1:${port}`);
  // Said by the calls that it ends, too.
  session.on("error", () => {});
  const headers = {
    ":method": "POST",
    ":path": GRPC_PATH,
    "content-type": "application/grpc+proto",
    te: "trailers",
  };
  const send = (body: Uint8Array, triesLeft = TRIES): Promise<void> =>
    new Promise((resolve, reject) => {
      const stream = session.request(headers);
      let status = "none";
      const take = (said: Record<string, unknown>): void => {
        if (said["grpc-status"] !== undefined) status = String(said["grpc-status"]);
      };
      stream.on("response", take);
      stream.on("trailers", take);
      stream.once("error", reject);
      stream.once("close", () => {
        if (status === "0") resolve();
        else if (status === GRPC_UNAVAILABLE && triesLeft > 0)
          again(() => send(body, triesLeft - 1)).then(resolve, reject);
        else reject(new Error(`gRPC status ${status}`));
      });
      stream.resume();
      const prefix = Buffer.alloc(5);
      prefix.writeUInt32BE(body.length, 1);
      stream.write(prefix);
      stream.end(body);
    });
  return { send, close: () => session.close() };
}
