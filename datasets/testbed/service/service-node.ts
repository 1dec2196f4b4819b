import type { Server } from "node:http";
import { context, propagation, ROOT_CONTEXT, SpanKind, SpanStatusCode, type Tracer, trace } from "@opentelemetry/api";
import { BrokerClient } from "../broker/broker-client.ts";
import type { FaultOrder } from "../faults.ts";
import type { Address, ChildCounters, ChildRole } from "../messages.ts";
import { type RandomStream, randomStream, zipfDraw } from "../random.ts";
import { allSteps, type ServiceDeclaration, type ShopDeclaration } from "../shop-schema.ts";
import { ActiveFaults } from "./active-faults.ts";
import { readCpuCounters } from "./cpu-counters.ts";
import { EmbeddedDatabase } from "./embedded-database.ts";
import { EventLoopFaults } from "./event-loop-faults.ts";
import { FifoPool } from "./fifo-pool.ts";
import { HttpCaller } from "./http-caller.ts";
import { createFront } from "./http-front.ts";
import { ItemCache } from "./item-cache.ts";
import { KafkaClient } from "./kafka-client.ts";
import { BROKER_NAME } from "./names.ts";
import { publishResourceMetrics } from "./resource-metrics.ts";
import { orderFrom } from "./routes.ts";
import { StepRunner } from "./step-runner.ts";
import type { TopicClient, TopicMessage } from "./topic.ts";

export type ServiceRole = Extract<ChildRole, { readonly kind: "service" }>;

/** One replica of one service: its pools, database, cache, callers and, once addresses are known, its server. */
export class ServiceNode {
  readonly #declaration: ServiceDeclaration;
  readonly #shop: ShopDeclaration;
  readonly #role: ServiceRole;
  readonly #random: RandomStream;
  readonly #faults: ActiveFaults;
  readonly #eventLoop: EventLoopFaults;
  readonly #workers: FifoPool;
  readonly #database: EmbeddedDatabase | null;
  readonly #cache: ItemCache | null;
  readonly #caller: HttpCaller;
  readonly #tracer: Tracer = trace.getTracer("spantwin-testbed");
  #topics: TopicClient | null = null;
  readonly #drawItem: (random: RandomStream) => number;
  readonly front: Server;
  #runner: StepRunner;

  constructor(shop: ShopDeclaration, role: ServiceRole, seed: number) {
    const declaration = shop.services.find((service) => service.name === role.service);
    if (declaration === undefined) throw new RangeError(`the shop has no service ${role.service}`);
    const { database } = declaration;
    this.#shop = shop;
    this.#role = role;
    this.#declaration = declaration;
    this.#random = randomStream(seed, `${role.service}-${role.replica}`);
    this.#faults = new ActiveFaults(declaration.name, database === undefined ? null : `sqlite/${database.namespace}`);
    this.#eventLoop = new EventLoopFaults(this.#faults);
    this.#workers = new FifoPool("workers", declaration.workerCount);
    const databaseContext = {
      tracer: this.#tracer,
      random: this.#random,
      deviceFactor: () => this.#faults.deviceFactor,
    };
    this.#database = database === undefined ? null : new EmbeddedDatabase(database, shop.itemCount, databaseContext);
    this.#drawItem = zipfDraw(shop.itemCount, shop.popularity);
    this.#cache = declaration.cacheCapacity === undefined ? null : this.#warmCache(declaration.cacheCapacity);
    this.#caller = new HttpCaller((service) => this.#faults.edgeInto(service), this.#random);
    this.#runner = this.#createRunner();
    this.front = createFront(declaration.routes, this.#workers, {
      run: (steps, order) => this.#runner.run(steps, order),
    });
    publishResourceMetrics({
      workers: this.#workers,
      database: this.#database?.pool ?? null,
      databaseName: database?.namespace ?? "",
    });
  }

  async locate(addresses: readonly Address[]): Promise<void> {
    for (const { name, ports } of addresses) if (name !== BROKER_NAME) this.#caller.locate(name, ports);
    if (this.#topics !== null || !this.#usesTopic()) return;
    const { kafka, service, topicSuffix } = this.#role;
    const brokerPort = addresses.find((address) => address.name === BROKER_NAME)?.ports[0] ?? 0;
    this.#topics = kafka === null ? new BrokerClient(brokerPort) : new KafkaClient(kafka, service, topicSuffix);
    this.#runner = this.#createRunner();
    await this.#consume();
  }

  beginFault(id: number, order: FaultOrder): void {
    this.#faults.begin(id, order);
    this.#applyFaults();
  }

  endFault(id: number): void {
    this.#faults.end(id);
    this.#applyFaults();
  }

  counters(): ChildCounters {
    const pools = [this.#workers.counters()];
    if (this.#database !== null) pools.push(this.#database.pool.counters());
    return { pools, ...readCpuCounters() };
  }

  async close(): Promise<void> {
    this.front.close();
    this.#caller.close();
    await this.#topics?.close();
    this.#database?.close();
  }

  #applyFaults(): void {
    this.#eventLoop.refresh();
    this.#workers.resize(this.#faults.slotsLeft("workers") ?? this.#declaration.workerCount);
    this.#database?.pool.resize(this.#faults.slotsLeft("db-pool") ?? this.#database.declaration.connectionCount);
  }

  #warmCache(capacity: number): ItemCache {
    const cache = new ItemCache(capacity);
    for (let draw = 0; draw < capacity * 8; draw++) cache.lookUp(this.#drawItem(this.#random));
    return cache;
  }

  #createRunner(): StepRunner {
    return new StepRunner({
      tracer: this.#tracer,
      random: this.#random,
      faults: this.#faults,
      caller: this.#caller,
      database: this.#database,
      cache: this.#cache,
      topics: this.#topics,
      externals: this.#shop.externals,
      relatedItem: () => this.#drawItem(this.#random),
    });
  }

  #usesTopic(): boolean {
    const { routes, consumes } = this.#declaration;
    const publishes = routes.some((route) => allSteps(route.steps).some((step) => step.do === "publish"));
    return publishes || consumes !== undefined;
  }

  async #consume(): Promise<void> {
    const { consumes } = this.#declaration;
    if (consumes === undefined) return;
    await this.#topics?.consume(consumes.topic, consumes.group, this.#declaration.workerCount, (message) =>
      this.#serve(message),
    );
  }

  /** One message: the span is a child of the sender's and linked to it, and starts when a worker takes it up. */
  async #serve(message: TopicMessage): Promise<void> {
    const { topic, group, steps } = this.#declaration.consumes!;
    const turn = this.#workers.acquire();
    if (turn !== undefined) await turn;
    const sender = propagation.extract(ROOT_CONTEXT, message.headers);
    const senderSpan = trace.getSpanContext(sender);
    const options = {
      kind: SpanKind.CONSUMER,
      links: senderSpan === undefined ? [] : [{ context: senderSpan }],
      attributes: {
        "messaging.system": this.#topics!.system,
        "messaging.destination.name": topic,
        "messaging.operation.name": "process",
        "messaging.operation.type": "process",
        "messaging.consumer.group.name": group,
        "messaging.destination.partition.id": String(message.partition),
      },
    };
    const span = this.#tracer.startSpan(`process ${topic}`, options, sender);
    try {
      await context.with(trace.setSpan(sender, span), () => this.#runner.run(steps, orderFrom({}, "", message.body)));
    } catch (error) {
      span.setStatus({ code: SpanStatusCode.ERROR, message: (error as Error).message });
    } finally {
      span.end();
      this.#workers.release();
    }
  }
}
