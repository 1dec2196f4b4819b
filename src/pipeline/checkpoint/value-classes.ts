import { Reference } from "../../../twin/learning/reference.ts";
import { ResidualAccumulator } from "../../../twin/learning/residual.ts";
import type { ValueClass } from "./value-tags.ts";

/** Classes whose instances stand in the state of a line and never change. */
export const VALUE_CLASSES: readonly ValueClass[] = [
  { name: "Reference", type: Reference, restored: (state) => Reference.restored(state) },
  { name: "ResidualAccumulator", type: ResidualAccumulator, restored: (state) => ResidualAccumulator.restored(state) },
];
