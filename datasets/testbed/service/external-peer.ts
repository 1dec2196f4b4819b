import http from "node:http";
import { drawServiceSeconds, randomStream } from "../random.ts";
import type { ExternalDeclaration } from "../shop-schema.ts";
import { FifoPool } from "./fifo-pool.ts";
import { waitSeconds } from "./waiting.ts";

/** Something outside the shop that answers after its own service time and sends no telemetry. */
export function createExternalPeer(
  declaration: ExternalDeclaration,
  seed: number,
): { readonly server: http.Server; readonly slots: FifoPool } {
  const random = randomStream(seed, declaration.peer);
  const slots = new FifoPool("slots", declaration.slotCount);
  const server = http.createServer((request, response) => {
    request.resume();
    const serve = async () => {
      await slots.acquire();
      await waitSeconds(drawServiceSeconds(random, declaration.time));
      slots.release();
      response.writeHead(200, { "content-type": "application/json", "content-length": 2 });
      response.end("{}");
    };
    serve().catch(() => response.destroy());
  });
  server.keepAliveTimeout = 600_000;
  return { server, slots };
}
