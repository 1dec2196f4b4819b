// Goal: the doctor reads the version of a store without changing it, in a file and in PostgreSQL.
import { mkdtempSync, readdirSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test, vi } from "vitest";

import { checkStore } from "../../src/pipeline/doctor/check-store.ts";
import { Database } from "../../src/store/database.ts";
import { openPostgresStore } from "../../src/store/postgres-store.ts";
import { openSqliteStore } from "../../src/store/sqlite-store.ts";
import { postgresPrograms, startPostgres, type TestPostgres } from "../store/postgres-server.ts";

vi.setConfig({ testTimeout: 90_000, hookTimeout: 120_000 });

describe("a file", () => {
  const folder = mkdtempSync(join(tmpdir(), "spantwin-versions-"));
  afterAll(() => rmSync(folder, { recursive: true }));
  const check = () => checkStore({ storeUrl: null, dataDirectory: folder });
  const setVersion = (version: number) => {
    const database = new Database(join(folder, "spantwin.sqlite"));
    database.run(`PRAGMA user_version = ${version}`);
    database.close();
  };

  test("that is not there yet is not made", async () => {
    expect(await check()).toMatchObject({ state: "ok", found: expect.stringContaining("none yet") });
    expect(readdirSync(folder)).toEqual([]);
  });

  test("of this version is fine, of an older one a warning, of a newer one a failure", async () => {
    await openSqliteStore({ dataDirectory: folder }).close();
    expect((await check()).state).toBe("ok");
    setVersion(1);
    expect(await check()).toMatchObject({ state: "warning", advice: expect.stringContaining("back it up") });
    setVersion(99);
    expect(await check()).toMatchObject({ state: "failure", found: expect.stringContaining("a newer version") });
  });
});

describe.skipIf(postgresPrograms === null)("PostgreSQL (needs its programs)", () => {
  let postgres: TestPostgres;
  beforeAll(async () => {
    postgres = await startPostgres();
  });
  afterAll(() => postgres.remove());
  const check = () => checkStore({ storeUrl: postgres.address, dataDirectory: ":memory:" });

  test("without our tables is left without them", async () => {
    expect(await check()).toMatchObject({ state: "ok", found: expect.stringContaining("made at the first start") });
    expect(await postgres.run("SELECT to_regnamespace('spantwin') AS there")).toEqual([{ there: null }]);
  });

  test("with our tables tells its version, and refuses a newer one", async () => {
    await (await openPostgresStore(postgres.address)).close();
    expect(await check()).toMatchObject({ state: "ok", found: expect.stringMatching(/^PostgreSQL \d.*, schema \d+$/) });
    await postgres.run("UPDATE spantwin.schema_version SET version = 99");
    expect(await check()).toMatchObject({ state: "failure", advice: expect.stringContaining("storeUrl to another") });
  });

  test("that does not answer, or another password, is a failure that shows no password", async () => {
    await postgres.kill();
    const down = await check();
    expect(down).toMatchObject({ state: "failure", advice: expect.stringContaining("whether a server listens") });
    expect(JSON.stringify(down)).not.toContain("only for the tests");
  });
});
