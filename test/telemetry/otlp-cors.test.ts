import { describe, expect, test } from "vitest";
import { runningReceiver } from "./running-receiver.ts";

const PAGE = "https://shop.example";
const OTHER = "https://evil.example";

const corsHeaders = (answer: Response) =>
  Object.fromEntries([...answer.headers].filter(([name]) => name.startsWith("access-control") || name === "vary"));

const preflight = (port: number, origin: string) =>
  fetch(`http://127.0.0.1:${port}/v1/traces`, {
    method: "OPTIONS",
    headers: { origin, "access-control-request-method": "POST", "access-control-request-headers": "content-type" },
  });

const post = (port: number, origin: string, body = "{}") =>
  fetch(`http://127.0.0.1:${port}/v1/traces`, {
    method: "POST",
    headers: { origin, "content-type": "application/json" },
    body,
  });

describe("pages of a listed origin", () => {
  test("may ask first, and need not ask again for a while", async () => {
    const { httpPort } = await runningReceiver({ otlpCorsOrigins: [PAGE, "http://localhost:3000"] });
    const answer = await preflight(httpPort, PAGE);
    expect(answer.status).toBe(204);
    expect(corsHeaders(answer)).toEqual({
      vary: "Origin",
      "access-control-allow-origin": PAGE,
      "access-control-allow-methods": "POST",
      "access-control-allow-headers": "content-type, content-encoding, x-requested-with",
      "access-control-max-age": "600",
    });
  });

  test("may read the answer, also when it is a refusal; never with credentials", async () => {
    const { httpPort } = await runningReceiver({ otlpCorsOrigins: [PAGE] });
    const answers = [await post(httpPort, PAGE), await post(httpPort, PAGE, "nonsense")];
    expect(answers.map(({ status }) => status)).toEqual([200, 400]);
    for (const answer of answers) {
      expect(corsHeaders(answer)).toEqual({ vary: "Origin", "access-control-allow-origin": PAGE });
    }
  });
});

describe("pages of other origins", () => {
  test("are told nothing when others are listed, but that it depends on who asks", async () => {
    const { httpPort } = await runningReceiver({ otlpCorsOrigins: [PAGE] });
    const answer = await preflight(httpPort, OTHER);
    expect([answer.status, corsHeaders(answer)]).toEqual([405, { vary: "Origin" }]);
    expect(corsHeaders(await post(httpPort, OTHER))).toEqual({ vary: "Origin" });
  });

  test("are told nothing at all when none is listed", async () => {
    const { httpPort } = await runningReceiver();
    const answer = await preflight(httpPort, PAGE);
    expect([answer.status, corsHeaders(answer)]).toEqual([405, {}]);
    expect(corsHeaders(await post(httpPort, PAGE))).toEqual({});
  });
});
