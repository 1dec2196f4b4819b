// Goal: a database's URL is read exactly, or refused with the rule; its password is shown nowhere.
import { inspect } from "node:util";
import fc from "fast-check";
import { describe, expect, test } from "vitest";

import { Secret } from "../../src/contracts/secret.ts";
import { loadSettings } from "../../src/settings/load.ts";
import { hidePassword, postgresAddressOf } from "../../src/settings/store-url.ts";

const load = (storeUrl: unknown) => loadSettings({ directory: "/nonexistent", env: {}, flags: { storeUrl } });

describe("the URL of a store", () => {
  test("that is empty, or not given, means the data directory", () => {
    expect([load("").storeUrl, load(undefined).storeUrl]).toEqual([null, null]);
  });

  test("says host, port, database, user and password, percent-decoded", () => {
    const { password, ...address } = postgresAddressOf("postgresql://mon%40itor:p%3Aw@[::1]:6000/span%20twin")!;
    expect(address).toEqual({
      host: "::1",
      port: 6000,
      database: "span twin",
      user: "mon@itor",
      tls: "disable",
      tlsAuthority: null,
    });
    expect(password!.reveal()).toBe("p:w");
  });

  test("has a port and no user by itself, and names how it is encrypted", () => {
    expect(postgresAddressOf("postgres://db/x?sslmode=verify-full&sslrootcert=/etc/ca.pem")).toEqual({
      host: "db",
      port: 5432,
      database: "x",
      user: null,
      password: null,
      tls: "verify-full",
      tlsAuthority: "/etc/ca.pem",
    });
  });

  test.each([
    "db.example:5432/x",
    "mysql://db/x",
    "postgres:///x",
    "postgres://db",
    "postgres://db/",
    "postgres://db/x/y",
    "postgres://db:port/x",
    "postgres://db/x#y",
    "postgres://db/%E0%A4%A",
    "postgres://db/x?sslmode=prefer",
    "postgres://db/x?sslmode=require&sslmode=disable",
    "postgres://db/x?sslrootcert=/etc/ca.pem",
    "postgres://db/x?ssl=true",
  ])("%s is refused at once, with the rule", (url) => {
    expect(() => load(url)).toThrow(/^--store-url: ".*" must be empty, or postgres:\/\/user@host:port\/database/);
  });

  test("whatever user, password and database are, they come back as they were", () => {
    const text = fc.string({ minLength: 1, unit: "grapheme" }).filter((each) => each.isWellFormed());
    const name = text.filter((each) => !/^\.{1,2}$/.test(each) && !each.includes("/"));
    fc.assert(
      fc.property(text, text, name, (user, password, database) => {
        const url = `postgres://${encodeURIComponent(user)}:${encodeURIComponent(password)}@db/${encodeURIComponent(database)}`;
        const address = postgresAddressOf(url)!;
        expect([address.user, address.password!.reveal(), address.database]).toEqual([user, password, database]);
      }),
    );
  });
});

describe("the password of a store", () => {
  const password = "s3cret-w0rd";

  test("is in no JSON and no print of the settings", () => {
    const settings = load(`postgres://me:${password}@db/x`);
    expect(settings.storeUrl!.password!.reveal()).toBe(password);
    for (const shown of [JSON.stringify(settings), inspect(settings, { depth: 9 }), `${settings.storeUrl!.password}`]) {
      expect(shown).not.toContain(password);
    }
  });

  test.each([
    `postgres//me:${password}@db/x`,
    `postgres://me:${password}@db`,
    `postgres://me:${password}@@db/x?sslmode=no`,
    `postgres://db/x?password=${password}`,
  ])("is not in the refusal of %s", (url) => {
    expect(() => load(url)).toThrow(/^--store-url/);
    expect(() => load(url)).not.toThrow(password);
    expect(hidePassword(url)).not.toContain(password);
  });

  test("is revealed by one method only", () => {
    const secret = new Secret(password);
    expect([JSON.stringify({ secret }), String(secret), inspect(secret)].join()).not.toContain(password);
  });
});
