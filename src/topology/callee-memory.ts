const ENTRIES_MAX = 50_000;

/** What a client operation usually reaches, learned from calls whose callee was seen. */
export class CalleeMemory {
  /** By calling operation, name of the client span and peer: one text of all would have to be made for every call. */
  #byClient = new Map<number, Map<string, Map<string, number>>>();
  #byPeer = new Map<string, number>();
  #count = 0;

  learn(callerOperation: number, clientName: string, peer: string, calleeOperation: number): void {
    if (this.#count >= ENTRIES_MAX) return;
    const byName = entryOf(this.#byClient, callerOperation);
    const byPeer = entryOf(byName, clientName);
    if (!byPeer.has(peer)) this.#count++;
    byPeer.set(peer, calleeOperation);
    if (peer !== "") this.#byPeer.set(peer, calleeOperation);
  }

  /** The operation such a call should have reached, or −1 when no call like it was ever answered. */
  find(callerOperation: number, clientName: string, peer: string): number {
    return this.#byClient.get(callerOperation)?.get(clientName)?.get(peer) ?? this.#byPeer.get(peer) ?? -1;
  }

  snapshot() {
    const byClient = [...this.#byClient].flatMap(([caller, byName]) =>
      [...byName].flatMap(([name, byPeer]) => [...byPeer].map(([peer, callee]) => ({ caller, name, peer, callee }))),
    );
    return { byClient, byPeer: new Map(this.#byPeer), count: this.#count };
  }

  restore({ byClient, byPeer, count }: ReturnType<CalleeMemory["snapshot"]>): void {
    this.#byClient = new Map();
    for (const { caller, name, peer, callee } of byClient) {
      entryOf(entryOf(this.#byClient, caller), name).set(peer, callee);
    }
    this.#byPeer = byPeer;
    this.#count = count;
  }
}

function entryOf<Key, Inner, Value>(maps: Map<Key, Map<Inner, Value>>, key: Key): Map<Inner, Value> {
  let found = maps.get(key);
  if (found === undefined) {
    found = new Map();
    maps.set(key, found);
  }
  return found;
}
