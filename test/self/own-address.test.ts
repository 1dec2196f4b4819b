// Goal: an endpoint that leads back to us is recognised, whatever it is called, and another machine's is not.
import { hostname } from "node:os";
import { describe, expect, test } from "vitest";

import { ownListenerAt } from "../../src/self/own-address.ts";

/** A machine with two addresses, in a net where three names are known. */
const names: Readonly<Record<string, readonly string[]>> = {
  localhost: ["127.0.0.1", "::1"],
  "node-1.shop.example": ["10.0.0.5"],
  "collector.shop.example": ["10.0.0.9"],
};
const book = {
  addressesOf: async (host: string) => {
    const found = /^[\d.]+$|:/.test(host) ? [host] : names[host];
    if (found === undefined) throw new Error(`${host} is not known`);
    return found;
  },
  ownAddresses: () => ["127.0.0.1", "::1", "10.0.0.5", "fe80::1%eth0"],
};
const anywhere = [{ host: "0.0.0.0", port: 4317 }];

const isOwn = async (address: string, listeners = anywhere) =>
  (await ownListenerAt(new URL(address), listeners, book)) !== null;

describe("a listener on every address", () => {
  test.each([
    "http://localhost:4317",
    "http://127.0.0.1:4317",
    "http://127.8.8.8:4317",
    "http://0.0.0.0:4317",
    "http://[::1]:4317",
    "http://[::ffff:10.0.0.5]:4317",
    "http://10.0.0.5:4317",
    "http://node-1.shop.example:4317/",
    "https://node-1.shop.example:4317",
  ])("is what %s leads to", async (address) => {
    expect(await isOwn(address)).toBe(true);
  });

  test.each([
    "http://collector.shop.example:4317",
    "http://10.0.0.9:4317",
    "http://localhost:4318",
    "http://localhost",
    "http://nobody.shop.example:4317",
  ])("is not what %s leads to", async (address) => {
    expect(await isOwn(address)).toBe(false);
  });
});

test("a private listener is met at its own address only", async () => {
  const local = [{ host: "127.0.0.1", port: 4317 }];
  expect(await isOwn("http://localhost:4317", local)).toBe(true);
  expect(await isOwn("http://0.0.0.0:4317", local)).toBe(true);
  // A collector may listen on the same port of the other address.
  expect(await isOwn("http://10.0.0.5:4317", local)).toBe(false);
});

test("a port that is not written is the scheme's", async () => {
  expect(await isOwn("http://localhost", [{ host: "0.0.0.0", port: 80 }])).toBe(true);
  expect(await isOwn("https://localhost", [{ host: "0.0.0.0", port: 443 }])).toBe(true);
});

test("this machine's own name leads to this machine", async () => {
  const address = new URL(`http://${hostname()}:4317`);
  const found = await ownListenerAt(address, anywhere);
  // Where the name has an address at all: a container may have none.
  const { lookup } = await import("node:dns/promises");
  const isKnown = await lookup(hostname()).then(
    () => true,
    () => false,
  );
  expect(found !== null).toBe(isKnown);
});
