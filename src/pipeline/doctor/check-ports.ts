import { once } from "node:events";
import { createServer } from "node:net";

import type { Status } from "../../contracts/api.ts";
import type { Settings } from "../../contracts/settings.ts";
import { type Finding, failure, fine } from "./finding.ts";
import { ownerOfPort } from "./port-owner.ts";

const PORTS = ["apiPort", "otlpGrpcPort", "otlpHttpPort"] as const satisfies readonly (keyof Settings)[];

/** Whether each port can be had, and if not, who has it. @param server the one that runs with these settings, or null */
export function checkPorts(settings: Settings, server: Status | null): Promise<readonly Finding[]> {
  return Promise.all(PORTS.map((key) => checkPort(key, settings, server)));
}

async function checkPort(key: (typeof PORTS)[number], settings: Settings, server: Status | null): Promise<Finding> {
  const { host, [key]: port } = settings;
  const subject = `port ${key}`;
  if (port === 0) return fine(subject, "any free one will be taken");
  const code = await refusalOf(host, port);
  if (code === null) return fine(subject, `${host}:${port} is free`);
  if (code === "EACCES") {
    return failure(subject, `${host}:${port} may not be opened by this user`, `set ${key} to a port above 1023`);
  }
  if (code !== "EADDRINUSE") {
    return failure(
      subject,
      `${host} is no address of this machine (${code})`,
      "set host to 127.0.0.1, or 0.0.0.0 for all",
    );
  }
  if (server?.listening.some(({ address }) => new RegExp(`:${port}(/|$)`).test(address)) === true) {
    return fine(subject, `${host}:${port} is held by spantwin ${server.version}, which is running`);
  }
  const owner = ownerOfPort(port);
  const by = owner === null ? "another program" : `${owner.command} (process ${owner.pid})`;
  return failure(subject, `${host}:${port} is in use by ${by}`, `stop it, or set ${key} to another port`);
}

/** Code of the error with which the port cannot be listened on, null when it can. */
async function refusalOf(host: string, port: number): Promise<string | null> {
  const probe = createServer();
  try {
    probe.listen({ host, port, exclusive: true });
    await once(probe, "listening");
  } catch (error) {
    return (error as NodeJS.ErrnoException).code ?? String(error);
  }
  probe.close();
  await once(probe, "close");
  return null;
}
