// Goal: a database of PostgreSQL keeps what the embedded store keeps, outlives its own restarts, and is refused by name when
// it is not to be used. Method: a real server that this file starts, kills and starts again.
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from "vitest";

import { SettingsError, SourceError } from "../../src/contracts/errors.ts";
import { Secret } from "../../src/contracts/secret.ts";
import { StoreWriter } from "../../src/pipeline/store-writer.ts";
import { openStore } from "../../src/store/open-store.ts";
import { POSTGRES_SCHEMA_VERSION } from "../../src/store/postgres-schema.ts";
import { openPostgresStore, type PostgresStore } from "../../src/store/postgres-store.ts";
import { storeContract } from "../contract/store.ts";
import { postgresPrograms, startPostgres, type TestPostgres } from "./postgres-server.ts";
import { aFeedback, anIncident, aRow, aTrace } from "./samples.ts";

describe.skipIf(postgresPrograms === null)("PostgreSQL (needs the programs initdb and postgres)", () => {
  let server: TestPostgres;
  beforeAll(async () => {
    server = await startPostgres();
  });
  afterAll(() => server?.remove());

  async function emptyStore(): Promise<PostgresStore> {
    await server.run("DROP SCHEMA IF EXISTS spantwin CASCADE");
    return openPostgresStore(server.address);
  }

  describe("a store in a database", () => storeContract(emptyStore));

  describe("opening", () => {
    beforeEach(() => server.run("DROP SCHEMA IF EXISTS spantwin CASCADE"));

    test("what was kept is there after closing and opening again", async () => {
      const first = await openPostgresStore(server.address);
      await first.putIncident(anIncident());
      await first.close();
      const second = await openPostgresStore(server.address);
      expect(await second.incident(anIncident().id)).toEqual(anIncident());
      await second.close();
    });

    test("by several processes at once makes the tables once, and all see the same", async () => {
      const stores = await Promise.all([1, 2, 3, 4].map(() => openPostgresStore(server.address)));
      await Promise.all(stores.map((store, index) => store.putIncident(anIncident({ id: `incident-${index}` }))));
      await Promise.all(stores.map((store) => store.putIncident(anIncident({ id: "the same" }))));
      expect(await Promise.all(stores.map((store) => store.incidentCount()))).toEqual([5, 5, 5, 5]);
      await Promise.all(stores.map((store) => store.close()));
    });

    test("tables of a newer version are refused by name and left as they are", async () => {
      await (await openPostgresStore(server.address)).close();
      await server.run(`UPDATE spantwin.schema_version SET version = ${POSTGRES_SCHEMA_VERSION + 1}`);
      await expect(openPostgresStore(server.address)).rejects.toThrow(SettingsError);
      await expect(openPostgresStore(server.address)).rejects.toThrow(
        /^storeUrl: "postgres:\/\/127.0.0.1:\d+\/postgres" was written by a newer version \(schema 2; this version knows up to 1\)/,
      );
      expect(await server.run("SELECT version FROM spantwin.schema_version")).toEqual([{ version: 2 }]);
    });

    test("a schema of the same name that is not ours is refused and left as it is", async () => {
      await server.run("CREATE SCHEMA spantwin; CREATE TABLE spantwin.notes (note text)");
      await expect(openPostgresStore(server.address)).rejects.toThrow(/^storeUrl: .* that is not of this program/);
      expect(await server.run("SELECT tablename FROM pg_tables WHERE schemaname = 'spantwin'")).toEqual([
        { tablename: "notes" },
      ]);
    });

    test.each([
      { what: "a database that is not there", change: { database: "nowhere" }, says: "nowhere" },
      { what: "a login that is not there", change: { user: "stranger" }, says: "stranger" },
    ])("$what is refused by name, without the password", async ({ change, says }) => {
      const address = { ...server.address, ...change, password: new Secret("s3cret") };
      const error = await openPostgresStore(address).catch((reason: unknown) => reason);
      expect(error).toBeInstanceOf(SettingsError);
      expect((error as Error).message).toContain(says);
      expect(String((error as Error).stack)).not.toContain("s3cret");
    });

    test("a login without the right to make tables is refused by name", async () => {
      await server.run("DROP ROLE IF EXISTS reader; CREATE ROLE reader LOGIN");
      await expect(openPostgresStore({ ...server.address, user: "reader" })).rejects.toThrow(
        /^storeUrl: .* cannot be used: .*permission denied/,
      );
    });

    test("an authority's file that is not there is refused by name", async () => {
      const address = { ...server.address, tls: "verify-full", tlsAuthority: "/nowhere/ca.pem" } as const;
      await expect(openPostgresStore(address)).rejects.toThrow(
        /^storeUrl: "sslrootcert=\/nowhere\/ca.pem" cannot be read/,
      );
    });

    test("a server without TLS is never spoken to in plain text when TLS was asked for", async () => {
      await expect(openPostgresStore({ ...server.address, tls: "require" })).rejects.toThrow(/does not support SSL/);
    });
  });

  describe("a server that goes away", () => {
    let store: PostgresStore;
    beforeEach(async () => {
      await server.start();
      store = await emptyStore();
    });
    afterEach(() => store.close());

    test("fails what is asked of it as retriable, and answers again when it is back, with all that it took", async () => {
      await store.putIncident(anIncident());
      await server.kill();
      const failures = [
        store.putIncident(anIncident({ id: "later" })),
        store.incident("x"),
        store.putFeedback(aFeedback()),
      ];
      for (const result of await Promise.allSettled(failures)) {
        expect(result).toMatchObject({ status: "rejected", reason: { name: "SourceError", retriable: true } });
      }
      await server.start();
      expect(await store.incident(anIncident().id)).toEqual(anIncident());
      expect(await store.incident("later")).toBeNull();
      await store.putIncident(anIncident({ id: "later" }));
      expect(await store.incidentCount()).toBe(2);
    });

    test("loses nothing of what the line found meanwhile", async () => {
      const errors: unknown[] = [];
      const limits = { firstPauseSeconds: 0.02, longestPauseSeconds: 0.1 };
      const writer = new StoreWriter({ store, onError: (error) => errors.push(error), limits });
      await server.kill();
      for (let window = 0; window < 20; window++) {
        writer.put({ kind: "series", rows: [aRow("front", "", window)] });
        writer.put({ kind: "incident", incident: anIncident({ id: `incident-${window}` }) });
      }
      await expect.poll(() => writer.retryCount).toBeGreaterThan(2);
      await server.start();
      await writer.settled();
      expect([await store.incidentCount(), errors.length]).toEqual([20, 1]);
      const query = { node: "front", operation: "", fromSeconds: 0, toSeconds: 99, limit: 99 };
      expect(await store.series(query)).toHaveLength(20);
      await writer.close();
    });

    test("is waited for when the store is opened, and that is said once", async () => {
      await server.kill();
      const said: string[] = [];
      const onError = (_: unknown, what: string): void => {
        said.push(what);
      };
      const opening = openStore({ storeUrl: server.address, dataDirectory: "unused" }, { onError });
      await expect.poll(() => said).toEqual(["opening the store: asked again for 60 s"]);
      await server.start();
      const late = await opening;
      expect(await late.incidentCount()).toBe(0);
      await late.close();
      expect(said).toHaveLength(1);
    });

    test("for longer than the patience is an error that says so", async () => {
      await server.kill();
      const opening = openStore(
        { storeUrl: server.address, dataDirectory: "unused" },
        { onError: () => undefined, patienceSeconds: 0 },
      );
      await expect(opening).rejects.toThrow(SourceError);
      await server.start();
    });
  });

  test("a table that is gone fails as not retriable: no repetition brings it back", async () => {
    const store = await emptyStore();
    await server.run("DROP TABLE spantwin.incident");
    const error = await store.putIncident(anIncident()).catch((reason: unknown) => reason);
    expect(error).toMatchObject({ name: "SourceError", retriable: false });
    await store.close();
  });

  test("a connection that the server ends while nobody uses it is replaced", async () => {
    const store = await emptyStore();
    await store.putSeries([aRow("front", "", 10)]);
    await server.run("SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE application_name = 'spantwin'");
    await expect
      .poll(async () => (await server.run("SELECT 1 FROM pg_stat_activity WHERE application_name = 'spantwin'")).length)
      .toBe(0);
    await store.putSeries([aRow("front", "", 15)]).catch(() => store.putSeries([aRow("front", "", 15)]));
    expect(await store.series({ node: "front", operation: "", fromSeconds: 0, toSeconds: 99, limit: 9 })).toHaveLength(
      2,
    );
    await store.close();
  });

  test("many old rows are deleted in parts, and all of them counted", async () => {
    const store = await emptyStore();
    for (let part = 0; part < 5; part++) {
      await store.putSeries(Array.from({ length: 9000 }, (_, index) => aRow(`node-${part}`, "", index)));
    }
    expect(await store.retain(8990)).toBe(5 * 8990);
    expect(await store.retain(8990)).toBe(0);
    await store.close();
  });

  test("a trace over its bound is cut as in the embedded store", async () => {
    await server.run("DROP SCHEMA IF EXISTS spantwin CASCADE");
    const store = await openPostgresStore(server.address, { traceBound: { maxSpans: 3, maxBytes: 1_000_000 } });
    const trace = aTrace("1".repeat(32), 5);
    await store.putTrace(trace);
    expect(await store.trace(trace.traceId)).toEqual({ ...trace, spans: trace.spans.slice(0, 3) });
    await store.close();
  });

  test("beyond ten thousand the oldest feedback is forgotten, though ids have holes", async () => {
    const store = await emptyStore();
    await server.run(
      `INSERT INTO spantwin.feedback (body) SELECT json_build_object('note', n::text) FROM generate_series(1, 10000) AS n;
       SELECT setval(pg_get_serial_sequence('spantwin.feedback', 'id'), 20000)`,
    );
    await store.putFeedback(aFeedback({ note: "the last" }));
    const kept = await store.feedback({ limit: 20_000 });
    expect([kept.length, kept[0]!.note, kept.at(-1)!.note]).toEqual([10_000, "the last", "2"]);
    await store.close();
  });
});
