import { type ChildProcess, fork } from "node:child_process";

/** The usual receiver in a process of its own, see `rival-receiver.ts`. */
export class RivalProcess {
  readonly #child: ChildProcess;
  readonly httpPort: number;
  readonly grpcPort: number;

  private constructor(child: ChildProcess, ports: { readonly httpPort: number; readonly grpcPort: number }) {
    this.#child = child;
    this.httpPort = ports.httpPort;
    this.grpcPort = ports.grpcPort;
  }

  static async start(): Promise<RivalProcess> {
    const child = fork(new URL("rival-receiver.ts", import.meta.url));
    return new RivalProcess(child, await answer<{ httpPort: number; grpcPort: number }>(child));
  }

  async vitals(): Promise<{ readonly cpuSeconds: number; readonly spans: number }> {
    const told = answer<{ cpuSeconds: number; spans: number }>(this.#child);
    this.#child.send("vitals");
    return told;
  }

  stop(): void {
    this.#child.disconnect();
  }
}

function answer<Message>(child: ChildProcess): Promise<Message> {
  return new Promise((resolve, reject) => {
    child.once("message", (message) => resolve(message as Message));
    child.once("exit", (code) => reject(new Error(`the rival ended with ${code}`)));
  });
}
