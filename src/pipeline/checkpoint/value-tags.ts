/** First byte of every value in a checkpoint. */
export const TAG = {
  undefined: 0,
  null: 1,
  false: 2,
  true: 3,
  integer: 4,
  double: 5,
  text: 6,
  knownText: 7,
  array: 8,
  map: 9,
  set: 10,
  record: 11,
  typedArray: 12,
  instance: 13,
  /** A value that stands earlier in the same section. */
  again: 14,
  /** A value that never changes and has a piece of its own. */
  piece: 15,
  /** An object of the running line that exists before anything is restored. */
  anchor: 16,
} as const;

/** Numeric columns, by the number that stands for them. */
export const TYPED_ARRAYS = [
  Float64Array,
  Float32Array,
  Uint32Array,
  Int32Array,
  Uint16Array,
  Int16Array,
  Uint8Array,
  Int8Array,
] as const;

export type TypedArray = InstanceType<(typeof TYPED_ARRAYS)[number]>;

/** A class whose instances never change once they are built, and may stand in the state of others. */
export interface ValueClass {
  readonly name: string;
  readonly type: abstract new (...given: never[]) => { snapshot(): unknown };
  restored(state: never): object;
}
