import http2 from "node:http2";

export const TRACES_PATH = "/opentelemetry.proto.collector.trace.v1.TraceService/Export";
export const METRICS_PATH = "/opentelemetry.proto.collector.metrics.v1.MetricsService/Export";

/** What came back on one HTTP/2 stream: response headers and trailers together, and the body. */
export interface CallAnswer {
  readonly headers: http2.IncomingHttpHeaders;
  readonly body: Buffer;
  /** NaN when there is none. */
  readonly grpcStatus: number;
}

/** A message with its five bytes in front. */
export function framed(message: Uint8Array, isPacked = false): Buffer {
  const prefix = Buffer.alloc(5);
  prefix[0] = isPacked ? 1 : 0;
  prefix.writeUInt32BE(message.length, 1);
  return Buffer.concat([prefix, message]);
}

/** Sends bytes as the body of a gRPC call, right or wrong as they are. `end: false` leaves the sender's side open. */
export async function callWith(
  session: http2.ClientHttp2Session,
  body: Uint8Array,
  { end = true, ...headers }: http2.OutgoingHttpHeaders & { end?: boolean } = {},
): Promise<CallAnswer> {
  const stream = session.request({
    ":method": "POST",
    ":path": TRACES_PATH,
    "content-type": "application/grpc",
    te: "trailers",
    ...headers,
  });
  let found: http2.IncomingHttpHeaders = {};
  const see = (more: http2.IncomingHttpHeaders) => {
    found = { ...found, ...more };
  };
  stream.on("response", see);
  stream.on("trailers", see);
  const chunks: Buffer[] = [];
  stream.on("data", (chunk: Buffer) => chunks.push(chunk));
  if (body.length > 0) stream.write(body);
  if (end) stream.end();
  await new Promise<void>((resolve, reject) => {
    stream.on("close", resolve);
    stream.on("error", reject);
  });
  return { headers: found, body: Buffer.concat(chunks), grpcStatus: Number(found["grpc-status"] ?? Number.NaN) };
}

/** Opens a connection, uses it and closes it. */
export async function withSession<T>(
  address: string,
  use: (session: http2.ClientHttp2Session) => Promise<T>,
  options: http2.SecureClientSessionOptions = {},
): Promise<T> {
  const session = http2.connect(address, options);
  try {
    return await new Promise<T>((resolve, reject) => {
      session.on("error", reject);
      use(session).then(resolve, reject);
    });
  } finally {
    session.close();
  }
}
