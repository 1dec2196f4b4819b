import { createRequire } from "node:module";
import { dirname, join } from "node:path";
import util from "node:util";
import type * as tfCore from "@tensorflow/tfjs";

export type Tensorflow = typeof tfCore;
export type BackendName = "wasm" | "cpu" | "node";

export interface Backend {
  readonly tf: Tensorflow;
  readonly name: BackendName;
  /** Why a backend that was asked for is not used, or null. */
  readonly degradedReason: string | null;
}

const require = createRequire(import.meta.url);

/**
 * Loads TensorFlow.js with the first backend that works, after a small training run on it.
 *
 * `auto` is wasm, then cpu: for networks this small wasm is faster than the native binding. `node` loads the optional
 * package `@tensorflow/tfjs-node` and falls back to `auto` when it is not installed or fails.
 */
export async function loadBackend(preference: "auto" | BackendName): Promise<Backend> {
  const tf = require("@tensorflow/tfjs") as Tensorflow;
  // Checks and advice for developers off.
  tf.enableProdMode();
  const order: BackendName[] = preference === "auto" ? ["wasm", "cpu"] : [preference, "wasm", "cpu"];
  const reasons: string[] = [];
  for (const name of order) {
    try {
      await LOADERS[name](tf);
      selfTest(tf);
      return { tf, name, degradedReason: reasons.length === 0 ? null : reasons.join("; ") };
    } catch (error) {
      reasons.push(`backend ${name}: ${error instanceof Error ? error.message.split("\n")[0] : String(error)}`);
    }
  }
  throw new Error(`no TensorFlow.js backend works: ${reasons.join("; ")}`);
}

const LOADERS: Readonly<Record<BackendName, (tf: Tensorflow) => Promise<void>>> = {
  async wasm(tf) {
    const wasm = require("@tensorflow/tfjs-backend-wasm") as typeof import("@tensorflow/tfjs-backend-wasm");
    wasm.setWasmPaths(`${join(dirname(require.resolve("@tensorflow/tfjs-backend-wasm")))}/`);
    await activate(tf, "wasm");
  },
  async cpu(tf) {
    // Comes with the main package.
    await activate(tf, "cpu");
  },
  async node(tf) {
    restoreRemovedUtilities();
    require("@tensorflow/tfjs-node");
    await activate(tf, "tensorflow");
  },
};

async function activate(tf: Tensorflow, name: string): Promise<void> {
  if (!(await tf.setBackend(name))) {
    throw new Error("could not be initialised");
  }
  await tf.ready();
}

/** tfjs-node 4.22 calls two functions that Node 23 removed from `node:util`. */
function restoreRemovedUtilities(): void {
  const legacy = util as unknown as Record<string, unknown>;
  legacy["isNullOrUndefined"] ??= (value: unknown) => value === null || value === undefined;
  legacy["isArray"] ??= Array.isArray;
}

/** Fits y = 2x for a few steps; a backend on which the loss does not fall is not used. */
function selfTest(tf: Tensorflow): void {
  tf.tidy(() => {
    const weight = tf.variable(tf.tensor2d([[0.5]]));
    const x = tf.tensor2d([[1], [2], [3]]);
    const optimizer = tf.train.sgd(0.05);
    const product = () => tf.matMul(x, weight as unknown as tfCore.Tensor2D);
    const loss = () => tf.losses.meanSquaredError(tf.mul(x, 2), product()) as tfCore.Scalar;
    const before = loss().dataSync()[0]!;
    for (let step = 0; step < 5; step++) {
      optimizer.minimize(loss);
    }
    const after = loss().dataSync()[0]!;
    weight.dispose();
    if (!(after < before / 2)) {
      throw new Error(`self-test failed: loss ${before} → ${after}`);
    }
  });
}
