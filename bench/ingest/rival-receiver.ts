import { createServer } from "node:http";
import { Server, ServerCredentials } from "@grpc/grpc-js";
import { staticDecode } from "./protobufjs-codecs.ts";

/**
 * In a process of its own: receives OTLP in the usual way, node:http or grpc-js with a static module of protobufjs, and does
 * nothing with it. Tells its ports, then its processor time whenever it is asked.
 */
const decode = await staticDecode();
let spans = 0;

function take(body: Uint8Array): void {
  for (const { scopeSpans } of decode(body).resourceSpans as readonly { scopeSpans: { spans: unknown[] }[] }[]) {
    for (const scope of scopeSpans) spans += scope.spans.length;
  }
}

const http = createServer((request, response) => {
  const chunks: Buffer[] = [];
  request.on("data", (chunk: Buffer) => chunks.push(chunk));
  request.on("end", () => {
    take(Buffer.concat(chunks));
    response.writeHead(200, { "content-type": "application/x-protobuf", "content-length": 0 });
    response.end();
  });
});
const grpc = new Server({ "grpc.max_receive_message_length": 64 << 20 });
const nothing = (): Buffer => Buffer.alloc(0);
grpc.addService(
  {
    Export: {
      path: "/opentelemetry.proto.collector.trace.v1.TraceService/Export",
      requestStream: false,
      responseStream: false,
      requestSerialize: nothing,
      requestDeserialize: (body: Buffer): Buffer => {
        take(body);
        return body;
      },
      responseSerialize: nothing,
      responseDeserialize: nothing,
    },
  },
  { Export: (_call: unknown, answer: (error: null, response: Buffer) => void) => answer(null, nothing()) },
);
await new Promise<void>((resolve) => http.listen(0, "127.0.0.1", resolve));
const grpcPort = await new Promise<number>((resolve, reject) => {
  grpc.bindAsync("127.0.0.1:0", ServerCredentials.createInsecure(), (error, port) => {
    if (error === null) resolve(port);
    else reject(error);
  });
});
process.on("message", () => {
  const { user, system } = process.cpuUsage();
  process.send!({ cpuSeconds: (user + system) / 1e6, spans });
});
process.on("disconnect", () => process.exit());
process.send!({ httpPort: (http.address() as { port: number }).port, grpcPort });
