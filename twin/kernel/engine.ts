import type { CompiledNetwork } from "./compiled-network.ts";
import { engineBytes } from "./engine-bytes.ts";
import { type Column, networkWords } from "./engine-network.ts";

/** What `engine/run.ts` offers. Where something stands is a byte offset in `memory`. */
interface EngineExports {
  readonly memory: WebAssembly.Memory;
  clear(): void;
  reserve(bytes: number): number;
  loadNetwork(at: number): void;
  prepareRun(): void;
  simulate(at: number): number;
}

/** An engine that has grown beyond this is not kept: its memory never shrinks. */
const KEPT_BYTES = 2 ** 28;

/**
 * The simulator proper: a WebAssembly module of its own memory, made from the AssemblyScript in `engine/`. One instance
 * runs one simulation after the other, and keeps the network of the last one.
 */
export class Engine {
  readonly #exports: EngineExports;
  #network: CompiledNetwork | undefined;

  constructor(module: WebAssembly.Module) {
    const instance = new WebAssembly.Instance(module, { host: { fail } });
    this.#exports = instance.exports as EngineExports;
  }

  get memory(): ArrayBuffer {
    return this.#exports.memory.buffer;
  }

  /** Makes room for a run through `network`; what the run before has left in memory is gone. */
  prepare(network: CompiledNetwork): void {
    if (this.#network !== network) {
      this.#network = undefined;
      this.#exports.clear();
      this.#exports.loadNetwork(this.put(networkWords(network, (column) => this.put(column))));
      this.#network = network;
    }
    this.#exports.prepareRun();
  }

  /** Copies a column into the memory and gives where it stands. */
  put(column: Column): number {
    const at = this.#exports.reserve(column.byteLength);
    if (column instanceof Float64Array) new Float64Array(this.memory, at, column.length).set(column);
    else new Int32Array(this.memory, at, column.length).set(column);
    return at;
  }

  /** Runs what stands `at`, a `RunColumns` of the engine, and gives where its `Outcome` stands. */
  simulate(at: number): number {
    return this.#exports.simulate(at);
  }
}

let engineModule: WebAssembly.Module | undefined;
let idle: Engine | undefined;

/** Lends an engine to `use`. */
export function withEngine<Result>(use: (engine: Engine) => Result): Result {
  const compiled = engineModule ?? new WebAssembly.Module(engineBytes());
  engineModule = compiled;
  const engine = idle ?? new Engine(compiled);
  // One that has failed is not used again: it may have stopped halfway.
  idle = undefined;
  const result = use(engine);
  if (engine.memory.byteLength <= KEPT_BYTES) idle = engine;
  return result;
}

/** The failures of `engine/failures.ts`, by number. */
const FAILURES: readonly ((value: number) => Error)[] = [
  (seconds) => new RangeError(`nothing can happen at ${seconds} s: the times of the network are too long`),
  (bytes) => new RangeError(`the simulation needs ${bytes} bytes more than there are`),
];

/** What went wrong in an engine that asked its host to fail. */
export function failure(code: number, value: number): Error {
  return FAILURES[code]!(value);
}

function fail(code: number, value: number): never {
  throw failure(code, value);
}
