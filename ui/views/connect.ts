import type { Status } from "../../src/contracts/api.ts";
import { type Elem, h } from "../dom/element.ts";
import type { Act } from "./act.ts";
import { healthTag, snippet } from "./parts.ts";

const isGrpc = (protocol: string): boolean => /grpc/i.test(protocol);
const isOtlpHttp = (protocol: string): boolean => /otlp/i.test(protocol) && /http/i.test(protocol);

const asUrl = (address: string): string => (/^https?:\/\//.test(address) ? address : `http://${address}`);

/** Where telemetry is taken in, by protocol; the usual addresses stand in when the server did not say. */
export function intakeAddresses(status: Status): { readonly grpc: string; readonly http: string } {
  return {
    grpc: asUrl(status.listening.find((one) => isGrpc(one.protocol))?.address ?? "127.0.0.1:4317"),
    http: asUrl(status.listening.find((one) => isOtlpHttp(one.protocol))?.address ?? "127.0.0.1:4318"),
  };
}

/** Configuration of a collector that also sends here. */
export const collectorSnippet = (grpc: string): string => `exporters:
  otlp/spantwin:
    endpoint: ${grpc.replace(/^https?:\/\//, "")}
    tls: { insecure: ${grpc.startsWith("https:") ? "false" : "true"} }
service:
  pipelines:
    traces:
      exporters: [otlp/spantwin]   # beside the ones you have`;

export const environmentSnippet = (grpc: string): string => `export OTEL_EXPORTER_OTLP_ENDPOINT=${grpc}
export OTEL_EXPORTER_OTLP_PROTOCOL=grpc
export OTEL_SERVICE_NAME=my-service`;

export const httpEnvironmentSnippet = (http: string): string => `export OTEL_EXPORTER_OTLP_ENDPOINT=${http}
export OTEL_EXPORTER_OTLP_PROTOCOL=http/protobuf
export OTEL_SERVICE_NAME=my-service`;

/** No span has come yet: say where spans go, ready to paste. */
export function connectCard(status: Status, act: Act): Elem {
  const { grpc, http } = intakeAddresses(status);
  return h(
    "div",
    { key: "connect", class: "calm calm-waiting" },
    h("p", { class: "calm-title" }, healthTag("silent", "Waiting for the first span")),
    h(
      "p",
      {},
      "No telemetry has arrived yet, so there is nothing to judge. Point one of these here; the map and the learning progress appear within seconds.",
    ),
    h("h2", {}, "An OpenTelemetry collector"),
    h("p", { class: "muted" }, "Add an exporter beside those it has. Send all spans, not a tail-sampled part."),
    snippet(collectorSnippet(grpc), "collector configuration", act),
    h("h2", {}, "A service with an OpenTelemetry SDK, gRPC"),
    snippet(environmentSnippet(grpc), "environment for gRPC", act),
    h("h2", {}, "The same over HTTP"),
    snippet(httpEnvironmentSnippet(http), "environment for HTTP", act),
    status.listening.length === 0
      ? null
      : h(
          "p",
          { class: "muted" },
          "Listening on: ",
          status.listening.map((one, index) => [
            index === 0 ? "" : ", ",
            h("code", {}, `${one.protocol} ${one.address}`),
          ]),
        ),
  );
}
