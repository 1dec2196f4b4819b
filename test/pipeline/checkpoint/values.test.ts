// Goal: a value read back is the value that was written, to the bit, and what was one object is one object.
// Method: values of every kind that state is made of, drawn at random; and by hand what random values do not hit.
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { ValueReader } from "../../../src/pipeline/checkpoint/value-reader.ts";
import type { ValueClass } from "../../../src/pipeline/checkpoint/value-tags.ts";
import { ValueWriter } from "../../../src/pipeline/checkpoint/value-writer.ts";

class Point {
  readonly x: number;

  constructor(x: number) {
    this.x = x;
  }

  snapshot() {
    return { x: this.x };
  }
}

const classes: readonly ValueClass[] = [{ name: "point", type: Point, restored: ({ x }: Point) => new Point(x) }];
/** An object of the running line. */
const home = new Date(0);

/** Writes a value, frozen parts as pieces, and reads it back. */
function written(value: unknown): { readonly bytes: Uint8Array; read(bytes?: Uint8Array): unknown } {
  const frozen: object[] = [];
  const writerScope = {
    classes,
    anchorOf: (each: object) => (each === home ? "home" : undefined),
    pieceOf: (each: object) => (frozen.includes(each) ? frozen.indexOf(each) : frozen.push(each) - 1),
  };
  const bytes = new ValueWriter(writerScope).write(value);
  const pieces: Uint8Array[] = [];
  for (let i = 0; i < frozen.length; i++) pieces.push(new ValueWriter(writerScope).writeFrozen(frozen[i]!));
  const values = new Map<number, unknown>();
  const readerScope = {
    classes,
    anchor: () => home,
    piece: (number: number): unknown => {
      if (!values.has(number)) values.set(number, new ValueReader(pieces[number]!, readerScope).read());
      return values.get(number);
    },
  };
  return { bytes, read: (from = bytes) => new ValueReader(from, readerScope).read() };
}

const again = (value: unknown): unknown => written(value).read();

const leaf = fc.oneof(
  fc.double(),
  fc.integer(),
  fc.string({ unit: "binary" }),
  fc.boolean(),
  fc.constantFrom(null, undefined, -0, Number.NaN, Number.NEGATIVE_INFINITY, 2 ** 31, 2 ** 32, 2 ** 53, -1, "\ud800"),
  fc.float64Array(),
  fc.uint32Array(),
  fc.int32Array(),
  fc.uint8Array(),
);
const value = fc.letrec<{ any: unknown }>((tie) => ({
  any: fc.oneof(
    { maxDepth: 4, withCrossShrink: true },
    leaf,
    fc.array(tie("any"), { maxLength: 5 }),
    fc.dictionary(fc.string(), tie("any"), { maxKeys: 5, noNullPrototype: true }),
    fc.array(fc.tuple(fc.oneof(fc.integer(), fc.string()), tie("any")), { maxLength: 5 }).map((all) => new Map(all)),
    fc.array(fc.oneof(fc.integer(), fc.string())).map((all) => new Set(all)),
    fc.double().map((x) => new Point(x)),
    fc.array(tie("any"), { minLength: 1, maxLength: 3 }).map((all) => Object.freeze(all)),
  ),
})).any;

describe("values", () => {
  test("with keys of nothing or of several lines are not taken for each other", () => {
    const alike = [{}, { "": 1 }, { "a\nb": 1 }, { a: 1, b: 2 }, {}, { "": 2 }];
    expect(again(alike)).toStrictEqual(alike);
  });

  test("come back as they were", () => {
    fc.assert(
      fc.property(value, (any) => {
        expect(again(any)).toStrictEqual(any);
      }),
      { numRuns: 500 },
    );
  });

  test("keep the order of maps, sets and records", () => {
    expect([
      ...(
        again(
          new Map([
            ["b", 1],
            ["a", 2],
          ]),
        ) as Map<string, number>
      ).keys(),
    ]).toEqual(["b", "a"]);
    expect([...(again(new Set([3, 1, 2])) as Set<number>)]).toEqual([3, 1, 2]);
    expect(Object.keys(again({ z: 1, a: 2 }) as object)).toEqual(["z", "a"]);
  });

  test("that are one object stay one object, in a section, among frozen ones, and in a circle", () => {
    const shared = { seconds: 1 };
    const frozen = Object.freeze([1, 2]);
    const circle: Record<string, unknown> = {};
    circle["self"] = circle;
    const back = again({ a: shared, b: [shared], c: frozen, d: Object.freeze({ frozen }), circle }) as {
      a: object;
      b: object[];
      c: object;
      d: { frozen: object };
      circle: Record<string, unknown>;
    };
    expect(back.b[0]).toBe(back.a);
    expect(back.d.frozen).toBe(back.c);
    expect(back.circle["self"]).toBe(back.circle);
  });

  test("of which the running line has its own are found there", () => {
    expect((again({ at: home }) as { at: object }).at).toBe(home);
  });

  test("are copies of the columns they look into, and nothing beside those", () => {
    const all = Float64Array.of(1, 2, 3, 4);
    const back = again(all.subarray(1, 3)) as Float64Array;
    expect(back).toEqual(Float64Array.of(2, 3));
    expect(back.buffer.byteLength).toBe(16);
  });

  test("of a kind that no state may have are refused by name", () => {
    expect(() => again({ now: new URL("http://name/") })).toThrow("URL");
    expect(() => again([() => 1])).toThrow("function");
    expect(() => again(new BigInt64Array(1))).toThrow("BigInt64Array");
  });

  test("that are cut off are refused, wherever that is, and never read as something shorter", () => {
    const sample = {
      texts: ["name", "name"],
      map: new Map([[1, 2.5]]),
      column: Float64Array.of(1, 2),
      point: new Point(7),
    };
    const { bytes, read } = written(sample);
    for (let length = 0; length < bytes.length; length++)
      expect(() => read(bytes.slice(0, length)), `${length} of ${bytes.length}`).toThrow(RangeError);
  });
});
