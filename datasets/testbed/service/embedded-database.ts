import { DatabaseSync, type StatementSync } from "node:sqlite";
import { SpanKind, SpanStatusCode, type Tracer } from "@opentelemetry/api";
import { drawServiceSeconds, type RandomStream } from "../random.ts";
import type { DatabaseDeclaration, Order, QueryStep } from "../shop-schema.ts";
import { FifoPool } from "./fifo-pool.ts";
import { waitSeconds } from "./waiting.ts";

/**
 * A real SQLite database (temporary, on disk, private to the process) behind a pool of connections.
 *
 * The statement runs for real; the device is modelled by a drawn wait while the connection is held. The CLIENT span
 * starts once there is a connection, so waiting for one belongs to the caller, as with most drivers.
 */
export class EmbeddedDatabase {
  readonly pool: FifoPool;
  readonly #declaration: DatabaseDeclaration;
  readonly #connection: DatabaseSync;
  readonly #statements = new Map<string, StatementSync>();
  readonly #tracer: Tracer;
  readonly #random: RandomStream;
  readonly #deviceFactor: () => number;

  constructor(
    declaration: DatabaseDeclaration,
    itemCount: number,
    context: { readonly tracer: Tracer; readonly random: RandomStream; readonly deviceFactor: () => number },
  ) {
    this.#declaration = declaration;
    this.#tracer = context.tracer;
    this.#random = context.random;
    this.#deviceFactor = context.deviceFactor;
    this.pool = new FifoPool("db-pool", declaration.connectionCount);
    // The empty name is SQLite's own for a temporary file that vanishes with the connection.
    this.#connection = new DatabaseSync("");
    this.#connection.exec(`PRAGMA synchronous = OFF; ${declaration.schema}; BEGIN`);
    for (const sql of declaration.seedStatements) {
      const statement = this.#connection.prepare(sql);
      for (let item = 0; item < itemCount; item++) statement.run(item);
    }
    this.#connection.exec("COMMIT");
  }

  get declaration(): DatabaseDeclaration {
    return this.#declaration;
  }

  async query(step: QueryStep, order: Order): Promise<void> {
    const turn = this.pool.acquire();
    if (turn !== undefined) await turn;
    const span = this.#tracer.startSpan(`${step.operation} ${step.collection}`, {
      kind: SpanKind.CLIENT,
      attributes: {
        "db.system.name": "sqlite",
        "db.namespace": this.#declaration.namespace,
        "db.operation.name": step.operation,
        "db.collection.name": step.collection,
        "server.address": `${this.#declaration.namespace}-db`,
      },
    });
    try {
      this.#run(step, order);
      await waitSeconds(drawServiceSeconds(this.#random, step.time) * this.#deviceFactor());
    } catch (error) {
      span.setStatus({ code: SpanStatusCode.ERROR });
      throw error;
    } finally {
      span.end();
      this.pool.release();
    }
  }

  close(): void {
    this.#connection.close();
  }

  #run(step: QueryStep, order: Order): void {
    let statement = this.#statements.get(step.sql);
    if (statement === undefined) {
      statement = this.#connection.prepare(step.sql);
      this.#statements.set(step.sql, statement);
    }
    const values = step.bind.map((name) => order[name]);
    if (step.operation === "SELECT") statement.all(...values);
    else statement.run(...values);
  }
}
