import { once } from "node:events";
import { connect } from "node:net";

import type { Settings } from "../../contracts/settings.ts";
import { ownListenerAt } from "../../self/own-address.ts";
import { type Finding, failure, fine, messageOf, warning } from "./finding.ts";

const CONNECT_WITHIN_MILLISECONDS = 2000;

/** Whether the collector of our own telemetry can be reached, and is not ourselves. */
export async function checkSelfTelemetry(
  settings: Pick<Settings, "selfOtlpEndpoint" | "host" | "apiPort" | "otlpGrpcPort" | "otlpHttpPort">,
): Promise<Finding> {
  const { selfOtlpEndpoint: endpoint, host, apiPort, otlpGrpcPort, otlpHttpPort } = settings;
  const subject = "own telemetry";
  if (endpoint === "") return fine(subject, "sent nowhere (selfOtlpEndpoint is empty); /metrics has the numbers");
  if (!URL.canParse(endpoint))
    return failure(subject, `${endpoint} is no address`, "write it as http://collector:4317");
  const address = new URL(endpoint);
  const listeners = [apiPort, otlpGrpcPort, otlpHttpPort].map((port) => ({ host, port }));
  const own = await ownListenerAt(address, listeners);
  if (own !== null) {
    const found = `${endpoint} is spantwin's own port ${own.port}`;
    return failure(subject, found, "set selfOtlpEndpoint to a collector, or leave it empty");
  }
  const trouble = await connectTrouble(address);
  return trouble === null
    ? fine(subject, `${endpoint} can be reached`)
    : warning(
        subject,
        `${endpoint} cannot be reached: ${trouble}`,
        "start that collector, or leave selfOtlpEndpoint empty",
      );
}

async function connectTrouble(address: URL): Promise<string | null> {
  const port = Number(address.port === "" ? (address.protocol === "https:" ? 443 : 80) : address.port);
  const socket = connect({ host: address.hostname.replace(/^\[|\]$/g, ""), port });
  try {
    await once(socket, "connect", { signal: AbortSignal.timeout(CONNECT_WITHIN_MILLISECONDS) });
    return null;
  } catch (error) {
    return error instanceof Error && error.name === "AbortError" ? "no answer" : messageOf(error);
  } finally {
    socket.destroy();
  }
}
