import type { IncomingMessage } from "node:http";
import { createRequire } from "node:module";
import { HttpInstrumentation } from "@opentelemetry/instrumentation-http";
import { NodeSDK } from "@opentelemetry/sdk-node";
import { RESEND_COUNT_OPTION } from "./http-caller.ts";
import { type CompiledRoute, matchRoute } from "./routes.ts";

/**
 * Starts the standard OpenTelemetry SDK. Exporters, endpoint, protocol, service name and intervals come from the
 * standard `OTEL_*` environment. Must run before the first request is sent or served.
 */
export function startInstrumentation(routes: readonly CompiledRoute[]): NodeSDK {
  const http = new HttpInstrumentation({
    requireParentforOutgoingSpans: true,
    startOutgoingSpanHook: (options) => {
      const resendCount = (options as Readonly<Record<string, unknown>>)[RESEND_COUNT_OPTION];
      return typeof resendCount === "number" && resendCount > 0 ? { "http.request.resend_count": resendCount } : {};
    },
    requestHook: (span, request) => {
      if (!("url" in request)) return;
      const incoming = request as IncomingMessage;
      const match = matchRoute(routes, incoming.method ?? "GET", incoming.url ?? "/");
      if (match === null) return;
      span.setAttribute("http.route", match.compiled.template);
      span.updateName(match.compiled.route.route);
    },
  });
  const sdk = new NodeSDK({ instrumentations: [http] });
  sdk.start();
  // ES modules do not pass the hook on `require`; the default export they see is the object patched here.
  createRequire(import.meta.url)("node:http");
  return sdk;
}
