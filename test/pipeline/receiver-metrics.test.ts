import { afterEach, expect, test } from "vitest";
import { countReceiver } from "../../src/pipeline/receiver-metrics.ts";
import { Counters } from "../../src/self/counters.ts";
import { prometheusText } from "../../src/self/prometheus-text.ts";
import { CountingLedger } from "../../src/telemetry/ledger.ts";
import { OtlpReceiver } from "../../src/telemetry/otlp/receiver.ts";

const receiver = new OtlpReceiver({ ledger: new CountingLedger(), maxBodyBytes: 10_000, maxOperationsPerService: 10 });
afterEach(() => receiver.close());

test("what the receiver answered and forgave can be scraped", async () => {
  const counters = new Counters();
  countReceiver(counters, receiver);
  const { httpPort } = await receiver.start({ httpPort: 0, grpcPort: null });
  const headers = { "content-type": "application/json" };
  for (const body of ['{"resource_spans":[]}', "{"]) {
    await fetch(`http://127.0.0.1:${httpPort}/v1/traces`, { method: "POST", headers, body });
  }
  const lines = prometheusText(counters.snapshot()).split("\n");
  expect(lines).toContain('spantwin_otlp_answers_total{transport="http",code="200"} 1');
  expect(lines).toContain('spantwin_otlp_answers_total{transport="http",code="400"} 1');
  expect(lines).toContain('spantwin_otlp_tolerated_total{deviation="snake-case-name"} 1');
  expect(lines).toContain('spantwin_otlp_tolerated_total{deviation="base64-id"} 0');
  expect(lines).toContain('spantwin_otlp_connections_dropped_total{transport="grpc"} 0');
});
