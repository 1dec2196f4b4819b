import { createRequire } from "node:module";
import { afterEach, beforeEach, describe, expect, test, vi } from "vitest";
import { stopIdleTimers } from "../../../src/telemetry/kafka/request-queue-timer.ts";

// Goal: an idle connection to a broker costs nothing, and a request that has to wait is sent all the same.
// Method: the queue of kafkajs itself, first as it comes, so that the day it is mended there the first test says so.

interface Queue {
  throttledUntil: number;
  checkPendingRequests(): void;
  push(request: object): void;
  destroy(): void;
}

const require = createRequire(import.meta.url);
const RequestQueue = require("kafkajs/src/network/requestQueue") as {
  new (options: object): Queue;
  prototype: { scheduleCheckPendingRequests: () => void };
};
const asItComes = RequestQueue.prototype.scheduleCheckPendingRequests;
const logger = { debug: () => undefined, warn: () => undefined };

function queueOf(maxInFlightRequests: number | null = null): Queue {
  return new RequestQueue({ maxInFlightRequests, requestTimeout: 1000, clientId: "t", broker: "b", logger });
}

function request(correlationId: number, sendRequest: () => void): object {
  return {
    entry: { correlationId, resolve: () => undefined, reject: () => undefined },
    expectResponse: true,
    sendRequest,
  };
}

function timersInOneSecond(queue: Queue): number {
  const set = vi.spyOn(globalThis, "setTimeout");
  queue.checkPendingRequests();
  vi.advanceTimersByTime(1000);
  const count = set.mock.calls.length;
  set.mockRestore();
  queue.destroy();
  return count;
}

beforeEach(() => {
  vi.useFakeTimers();
  RequestQueue.prototype.scheduleCheckPendingRequests = asItComes;
});

afterEach(() => {
  vi.useRealTimers();
  RequestQueue.prototype.scheduleCheckPendingRequests = asItComes;
});

describe("the timers of an idle connection", () => {
  test("are a thousand a second in kafkajs as it comes", () => {
    expect(timersInOneSecond(queueOf())).toBeGreaterThan(500);
  });

  test("are none any more", () => {
    stopIdleTimers();
    expect(timersInOneSecond(queueOf())).toBe(0);
  });
});

describe("a request that waits", () => {
  test("is sent when the broker's time of silence is over, and not before", () => {
    stopIdleTimers();
    const queue = queueOf();
    const send = vi.fn();
    queue.throttledUntil = Date.now() + 300;
    queue.push(request(1, send));
    vi.advanceTimersByTime(290);
    expect(send).not.toHaveBeenCalled();
    vi.advanceTimersByTime(20);
    expect(send).toHaveBeenCalledOnce();
    queue.destroy();
  });

  test("is looked after as long as too many are under way", () => {
    stopIdleTimers();
    const queue = queueOf(1) as Queue & { inflight: Map<number, unknown> };
    const send = vi.fn();
    queue.push(request(1, () => undefined));
    queue.push(request(2, send));
    vi.advanceTimersByTime(100);
    expect(send).not.toHaveBeenCalled();
    queue.inflight.delete(1);
    vi.advanceTimersByTime(20);
    expect(send).toHaveBeenCalledOnce();
    queue.destroy();
  });
});
