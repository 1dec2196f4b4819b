import http from "node:http";
import { setTimeout as sleep } from "node:timers/promises";
import type { RandomStream } from "../random.ts";
import type { EdgeDisturbance } from "./active-faults.ts";
import { DisturbedSocket } from "./disturbed-socket.ts";

/** A call that brought no good answer. `status` is what the caller should answer itself. */
export class CallError extends Error {
  readonly status: number;

  constructor(message: string, status: number, cause?: unknown) {
    super(message, { cause });
    this.name = "CallError";
    this.status = status;
  }
}

/** Option of a request that carries how often it was tried before; the instrumentation's hook reads it. */
export const RESEND_COUNT_OPTION = "resendCount";

const CALL_TIMEOUT_SECONDS = 10;
const RESEND_LIMIT = 2;
const RESEND_PAUSE_SECONDS = 0.01;
const LOGICAL_PORT = 8080;
const ANSWER_LIMIT_BYTES = 65_536;

export interface CallRequest {
  readonly service: string;
  readonly method: string;
  readonly path: string;
  readonly body: string | null;
  /** What the callee's address looks like to the caller; 8080 for services of the shop. */
  readonly port?: number;
}

interface Endpoint {
  readonly port: number;
  readonly agent: http.Agent;
}

/** Calls services by logical name over kept-alive connections, going round their replicas. */
export class HttpCaller {
  readonly #edgeInto: (service: string) => EdgeDisturbance;
  readonly #random: RandomStream;
  readonly #endpoints = new Map<string, readonly Endpoint[]>();
  readonly #turns = new Map<string, number>();

  constructor(edgeInto: (service: string) => EdgeDisturbance, random: RandomStream) {
    this.#edgeInto = edgeInto;
    this.#random = random;
  }

  /** Tells where a service is reached; connections to ports that stay are kept. */
  locate(service: string, ports: readonly number[]): void {
    const known = this.#endpoints.get(service) ?? [];
    const endpoints = ports.map(
      (port) => known.find((endpoint) => endpoint.port === port) ?? this.#endpoint(service, port),
    );
    for (const endpoint of known) if (!endpoints.includes(endpoint)) endpoint.agent.destroy();
    this.#endpoints.set(service, endpoints);
  }

  /**
   * Sends one request and waits for the whole answer. A broken connection is tried again, and so is a refused one when
   * there is another replica; each try is a CLIENT span of its own.
   *
   * @throws {CallError} when all tries failed or the answer is a 5xx.
   */
  async call(request: CallRequest): Promise<void> {
    for (let resendCount = 0; ; resendCount++) {
      try {
        const status = await this.#send(request, resendCount);
        if (status >= 500) throw new CallError(`${request.service} answered ${status}`, 502);
        return;
      } catch (error) {
        if (error instanceof CallError) throw error;
        const code = (error as NodeJS.ErrnoException).code;
        const replicaCount = this.#endpoints.get(request.service)?.length ?? 0;
        const mayResend = code === "ECONNRESET" || code === "EPIPE" || (code === "ECONNREFUSED" && replicaCount > 1);
        if (!mayResend || resendCount >= RESEND_LIMIT) {
          throw new CallError(`${request.service}: ${code ?? String(error)}`, code === "ETIMEDOUT" ? 504 : 502, error);
        }
        await sleep(RESEND_PAUSE_SECONDS * 1000);
      }
    }
  }

  close(): void {
    for (const endpoints of this.#endpoints.values()) for (const endpoint of endpoints) endpoint.agent.destroy();
  }

  #send(request: CallRequest, resendCount: number): Promise<number> {
    const endpoint = this.#nextEndpoint(request.service);
    const headers: http.OutgoingHttpHeaders = { "user-agent": "testbed" };
    if (request.body !== null) {
      headers["content-type"] = "application/json";
      headers["content-length"] = Buffer.byteLength(request.body);
    }
    const options = {
      agent: endpoint.agent,
      host: request.service,
      hostname: request.service,
      port: request.port ?? LOGICAL_PORT,
      method: request.method,
      path: request.path,
      headers,
      [RESEND_COUNT_OPTION]: resendCount,
    };
    return new Promise((resolve, reject) => {
      const outgoing = http.request(options, (answer) => {
        let byteCount = 0;
        answer.on("data", (chunk: Buffer) => {
          byteCount += chunk.length;
          if (byteCount > ANSWER_LIMIT_BYTES) answer.destroy(new Error("answer too long"));
        });
        answer.on("error", reject);
        answer.on("end", () => resolve(answer.statusCode ?? 500));
      });
      outgoing.setTimeout(CALL_TIMEOUT_SECONDS * 1000, () => {
        outgoing.destroy(Object.assign(new Error("no answer in time"), { code: "ETIMEDOUT" }));
      });
      outgoing.on("error", reject);
      outgoing.end(request.body ?? undefined);
    });
  }

  #nextEndpoint(service: string): Endpoint {
    const endpoints = this.#endpoints.get(service);
    if (endpoints === undefined || endpoints.length === 0) throw new CallError(`no address for ${service}`, 502);
    const turn = this.#turns.get(service) ?? 0;
    this.#turns.set(service, turn + 1);
    return endpoints[turn % endpoints.length]!;
  }

  #endpoint(service: string, port: number): Endpoint {
    const agent = new http.Agent({ keepAlive: true, maxFreeSockets: 64 });
    agent.createConnection = () => {
      const socket = new DisturbedSocket(() => this.#edgeInto(service), this.#random);
      socket.setNoDelay(true);
      return socket.connect({ host: "127.0.0.1", port });
    };
    return { port, agent };
  }
}
