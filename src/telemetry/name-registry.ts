import type { Ledger } from "../contracts/telemetry.ts";
import { OVERFLOW_TEXT, StringTable } from "./string-table.ts";

/** Stands for every operation or peer of a service after its cap. */
export const OTHER_NAME = "<other>";

/** Beyond this many services all further ones are called `<overflow>`. */
const MAX_SERVICES = 2_000;

interface ServiceNames {
  readonly operations: Set<string>;
  readonly peers: Set<string>;
}

/**
 * Gives names their numbers and keeps them few: at most `maxOperationsPerService` operations and as many peers per
 * service. Names beyond that become `<other>`, the same ones every time: a name that got its number keeps it.
 */
export class NameRegistry {
  readonly strings: StringTable;
  readonly ledger: Ledger;
  #numbers = new Map<string, number>();
  #services = new Map<number, ServiceNames>();
  readonly #maxOperationsPerService: number;

  constructor(options: {
    readonly ledger: Ledger;
    readonly maxOperationsPerService: number;
    readonly strings?: StringTable;
  }) {
    this.ledger = options.ledger;
    this.#maxOperationsPerService = options.maxOperationsPerService;
    this.strings = options.strings ?? new StringTable();
  }

  service(name: string): number {
    const known = this.#numbers.get(name);
    if (known !== undefined) return known;
    if (this.#numbers.size >= MAX_SERVICES && name !== OVERFLOW_TEXT) return this.service(OVERFLOW_TEXT);
    const number = this.strings.intern(name);
    this.#numbers.set(name, number);
    if (!this.#services.has(number)) this.#services.set(number, { operations: new Set(), peers: new Set() });
    return number;
  }

  /** Number of an operation of `service`, −1 when the service is full and the name is new. */
  operation(service: number, name: string): number {
    return this.#capped(this.#services.get(service)?.operations, name);
  }

  /** Number of a peer of `service`, −1 when the service is full and the name is new; 0 for "". */
  peer(service: number, name: string): number {
    return name === "" ? 0 : this.#capped(this.#services.get(service)?.peers, name);
  }

  /** The number of `<other>`. */
  other(): number {
    return this.strings.intern(OTHER_NAME);
  }

  snapshot() {
    const services = new Map<number, ServiceNames>();
    for (const [number, { operations, peers }] of this.#services)
      services.set(number, { operations: new Set(operations), peers: new Set(peers) });
    return { strings: this.strings.snapshot(), numbers: new Map(this.#numbers), services };
  }

  restore({ strings, numbers, services }: ReturnType<NameRegistry["snapshot"]>): void {
    this.strings.restore(strings);
    this.#numbers = numbers;
    this.#services = services;
  }

  #capped(names: Set<string> | undefined, name: string): number {
    if (names === undefined) return this.strings.intern(name);
    if (!names.has(name)) {
      if (names.size >= this.#maxOperationsPerService) return -1;
      names.add(name);
    }
    return this.strings.intern(name);
  }
}
