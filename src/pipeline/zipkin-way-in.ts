import type { Settings } from "../contracts/settings.ts";
import type { OtlpReceiver } from "../telemetry/otlp/receiver.ts";
import { ZIPKIN_HTTP } from "../telemetry/zipkin/zipkin-http.ts";

export interface ZipkinWayIn {
  readonly url: string;
  /** Waits for open requests. */
  close(): Promise<void>;
}

/** Off, as Jaeger has it: no port opens that nobody asked for. */
const OFF = -1;

/** Listens for Zipkin's spans beside a started receiver; null when the settings leave it off. @throws {SettingsError} */
export async function openZipkin(
  settings: Settings,
  receiver: Pick<OtlpReceiver, "serverOf">,
): Promise<ZipkinWayIn | null> {
  if (settings.zipkinPort === OFF) return null;
  const { host } = settings;
  const server = receiver.serverOf(ZIPKIN_HTTP);
  const port = await server.listen(host, settings.zipkinPort);
  const scheme = settings.otlpTlsCert === "" ? "http" : "https";
  const at = host.includes(":") ? `[${host}]` : host;
  return { url: `${scheme}://${at}:${port}`, close: () => server.close() };
}
