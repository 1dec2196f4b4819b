import type { Topology } from "../../src/contracts/observation.ts";
import { compileNetwork } from "../kernel/compile-network.ts";
import type { CompiledNetwork } from "../kernel/compiled-network.ts";
import { normal, stream } from "../kernel/random.ts";
import type { NetworkSpec } from "../kernel/spec.ts";
import type { Knowledge } from "../learning/knowledge.ts";
import { type BuiltNetwork, buildNetwork, NO_OVERRIDES, type Overrides } from "./network-builder.ts";

/** A network of which what was learned leaves it open whether it is the true one. */
export interface NetworkVariant {
  readonly network: BuiltNetwork;
  readonly compiled: CompiledNetwork;
}

/** A mean is not believed to be off by more than this many standard errors. */
const ERRORS_MAX = 3;

/**
 * As many networks as there are replicates, drawn from what the learned visits do not contradict: each takes one of a
 * node's plausible structures, and means that are off by their standard errors. Bands over replicates then hold the
 * uncertainty of the parameters as well as that of the dice. Equal arguments give equal networks.
 */
export function networkVariants(
  knowledge: Knowledge,
  topology: Topology,
  options: { readonly count: number; readonly seed: number; readonly overrides?: Overrides },
): NetworkVariant[] {
  const variants: NetworkVariant[] = [];
  for (let variant = 0; variant < options.count; variant++) {
    const network = buildNetwork(knowledge, topology, options.overrides ?? NO_OVERRIDES, {
      structureOf: ({ node, structures }) => {
        // The best one in every other variant, the rest in turn.
        const others = structures.length - 1;
        const isBest = others === 0 || (variant + node) % 2 === 0;
        return structures[isBest ? 0 : 1 + (((variant + node) >> 1) % others)]!;
      },
      scaleOf: ({ program, relativeError }) => {
        const error = normal(stream(options.seed + variant, program, "mean"), 0, 1);
        return Math.max(0, 1 + relativeError * Math.max(-ERRORS_MAX, Math.min(ERRORS_MAX, error)));
      },
    });
    const compiled = compileNetwork(network.spec, variants[0]?.compiled);
    variants.push({ network: { ...network, spec: sharingSamples(network.spec, compiled) }, compiled });
  }
  return variants;
}

/** The same network, its rows of self segments those of the compiled one: there are many networks, and rows are most of one. */
function sharingSamples(spec: NetworkSpec, { samples, programSampleFirst }: CompiledNetwork): NetworkSpec {
  let index = 0;
  const operations = spec.operations.map((operation) => ({
    ...operation,
    programs: operation.programs.map((program) => {
      const first = programSampleFirst[index++]!;
      return { ...program, segmentSamples: samples.subarray(first, first + program.segmentSamples.length) };
    }),
  }));
  return { ...spec, operations };
}
