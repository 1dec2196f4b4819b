import { lookup } from "node:dns/promises";
import { networkInterfaces } from "node:os";

/** A listener of this process. */
export interface OwnListener {
  readonly host: string;
  readonly port: number;
}

/** How a name becomes addresses, and which addresses this machine has; replaced in tests. */
export interface AddressBook {
  addressesOf(host: string): Promise<readonly string[]>;
  ownAddresses(): readonly string[];
}

const systemAddressBook: AddressBook = {
  async addressesOf(host) {
    const found = await lookup(host, { all: true });
    return found.map(({ address }) => address);
  },
  ownAddresses: () => Object.values(networkInterfaces()).flatMap((each) => (each ?? []).map(({ address }) => address)),
};

/**
 * The listener that an address leads to, or null: also when the address is another name of this machine, another of its
 * addresses, or the "any" address. A name that cannot be resolved now leads to none.
 *
 * What cannot be seen from here is a detour: a balancer, or the virtual address of a Kubernetes Service.
 */
export async function ownListenerAt(
  address: URL,
  listeners: readonly OwnListener[],
  book: AddressBook = systemAddressBook,
): Promise<OwnListener | null> {
  const port = Number(address.port === "" ? (address.protocol === "https:" ? 443 : 80) : address.port);
  const samePort = listeners.filter((listener) => listener.port === port);
  if (samePort.length === 0) return null;
  const targets = await addressesOf(address.hostname, book);
  const own = new Set(book.ownAddresses().map(plainAddress));
  const isOwn = (target: string): boolean => own.has(target) || isLoopback(target) || isAny(target);
  for (const listener of samePort) {
    const bound = await addressesOf(listener.host, book);
    const isHit = targets.some((target) => {
      // A connection to the "any" address arrives at loopback.
      const reached = isAny(target) ? "127.0.0.1" : target;
      return bound.some((at) => at === reached || (isAny(at) && isOwn(target)) || (isAny(target) && isLoopback(at)));
    });
    if (isHit) return listener;
  }
  return null;
}

async function addressesOf(host: string, book: AddressBook): Promise<readonly string[]> {
  try {
    const found = await book.addressesOf(host.replace(/^\[|\]$/g, ""));
    return found.map(plainAddress);
  } catch {
    return [];
  }
}

/** `::ffff:10.0.0.1`, which URLs write `::ffff:a00:1`, is 10.0.0.1; a zone says only by which interface. */
function plainAddress(address: string): string {
  const withoutZone = address.toLowerCase().split("%", 1)[0] ?? address;
  const mapped = /^::ffff:(?:([\d.]+)|([0-9a-f]{1,4}):([0-9a-f]{1,4}))$/.exec(withoutZone);
  if (mapped === null) return withoutZone;
  const [, dotted, high = "", low = ""] = mapped;
  if (dotted !== undefined) return dotted;
  const words = [Number.parseInt(high, 16), Number.parseInt(low, 16)];
  return words.flatMap((word) => [word >> 8, word & 255]).join(".");
}

function isLoopback(address: string): boolean {
  return address === "::1" || address.startsWith("127.");
}

function isAny(address: string): boolean {
  return address === "0.0.0.0" || address === "::";
}
