/** What a client operation usually reaches, learned from calls whose callee was seen. */
export class CalleeMemory {
  #byClient = new Map<string, number>();
  #byPeer = new Map<string, number>();
  readonly #limit = 50_000;

  learn(callerOperation: number, clientName: string, peer: string, calleeOperation: number): void {
    if (this.#byClient.size < this.#limit) {
      this.#byClient.set(`${callerOperation} ${clientName} ${peer}`, calleeOperation);
      if (peer !== "") {
        this.#byPeer.set(peer, calleeOperation);
      }
    }
  }

  /** The operation such a call should have reached, or −1 when no call like it was ever answered. */
  find(callerOperation: number, clientName: string, peer: string): number {
    return this.#byClient.get(`${callerOperation} ${clientName} ${peer}`) ?? this.#byPeer.get(peer) ?? -1;
  }

  snapshot() {
    return { byClient: new Map(this.#byClient), byPeer: new Map(this.#byPeer) };
  }

  restore({ byClient, byPeer }: ReturnType<CalleeMemory["snapshot"]>): void {
    this.#byClient = byClient;
    this.#byPeer = byPeer;
  }
}
