import { context, propagation, SpanKind, SpanStatusCode, type Tracer, trace } from "@opentelemetry/api";
import { drawServiceSeconds, type RandomStream, type ServiceTime } from "../random.ts";
import type { CallStep, ExternalDeclaration, Order, PublishStep, Step } from "../shop-schema.ts";
import type { ActiveFaults } from "./active-faults.ts";
import type { EmbeddedDatabase } from "./embedded-database.ts";
import { computeRounds } from "./event-loop-faults.ts";
import type { HttpCaller } from "./http-caller.ts";
import type { ItemCache } from "./item-cache.ts";
import { requestFor } from "./routes.ts";
import type { TopicClient } from "./topic.ts";
import { waitSeconds } from "./waiting.ts";

/** About 0.2 ms of real computing goes with every piece of own work. */
const ROUNDS_PER_WORK = 120_000;

export interface StepResources {
  readonly tracer: Tracer;
  readonly random: RandomStream;
  readonly faults: ActiveFaults;
  readonly caller: HttpCaller;
  readonly database: EmbeddedDatabase | null;
  readonly cache: ItemCache | null;
  readonly topics: TopicClient | null;
  readonly externals: readonly ExternalDeclaration[];
  readonly relatedItem: () => number;
}

/** Runs the declared steps of a route or a consumer for one request. */
export class StepRunner {
  readonly #resources: StepResources;

  constructor(resources: StepResources) {
    this.#resources = resources;
  }

  /** @throws {CallError} when a call that is needed fails. */
  async run(steps: readonly Step[], order: Order): Promise<void> {
    for (const step of steps) await this.#runOne(step, order);
  }

  async #runOne(step: Step, order: Order): Promise<void> {
    switch (step.do) {
      case "work":
        return this.#work(step.time);
      case "call":
        return this.#call(step, order);
      case "together": {
        const outcomes = await Promise.allSettled(step.steps.map((each) => this.#runOne(each, order)));
        for (const outcome of outcomes) if (outcome.status === "rejected") throw outcome.reason;
        return;
      }
      case "query":
        return this.#database().query(step, order);
      case "cached": {
        const { cache, faults, random } = this.#resources;
        const isThere = cache?.lookUp(order.item) ?? false;
        const missShare = faults.missShare;
        const isHit = isThere && !(missShare > 0 && random() < missShare);
        return isHit ? undefined : this.run(step.onMiss, order);
      }
      case "each-line":
        for (const line of order.lines) await this.run(step.steps, { ...order, item: line });
        return;
      case "external": {
        const peer = this.#resources.externals.find((external) => external.peer === step.peer)!;
        return this.#resources.caller.call({
          service: peer.peer,
          method: "POST",
          path: step.path,
          body: "{}",
          port: peer.port,
        });
      }
      case "publish":
        return this.#publish(step, order);
    }
  }

  async #work(time: ServiceTime): Promise<void> {
    const factor = this.#resources.faults.workFactor;
    computeRounds(ROUNDS_PER_WORK * factor);
    await waitSeconds(drawServiceSeconds(this.#resources.random, time) * factor);
  }

  async #call(step: CallStep, order: Order): Promise<void> {
    const subject = step.item === "related" ? { ...order, item: this.#resources.relatedItem() } : order;
    try {
      await this.#resources.caller.call({ service: step.service, ...requestFor(step.route, subject) });
    } catch (error) {
      if (step.optional !== true) throw error;
    }
  }

  async #publish(step: PublishStep, order: Order): Promise<void> {
    const topics = this.#resources.topics!;
    const span = this.#resources.tracer.startSpan(`send ${step.topic}`, {
      kind: SpanKind.PRODUCER,
      attributes: {
        "messaging.system": topics.system,
        "messaging.destination.name": step.topic,
        "messaging.operation.name": "send",
        "messaging.operation.type": "send",
      },
    });
    const headers: Record<string, string> = {};
    propagation.inject(trace.setSpan(context.active(), span), headers);
    try {
      const partition = await topics.publish(step.topic, {
        key: String(order.user),
        body: JSON.stringify(order),
        headers,
      });
      span.setAttribute("messaging.destination.partition.id", String(partition));
    } catch (error) {
      span.setStatus({ code: SpanStatusCode.ERROR });
      throw error;
    } finally {
      span.end();
    }
  }

  #database(): EmbeddedDatabase {
    const { database } = this.#resources;
    if (database === null) throw new TypeError("this service has a query step but no database");
    return database;
  }
}
