/** What may be written as an attribute: `false`, `null` and `undefined` leave it out, `true` writes it empty. */
export type Attribute = string | number | boolean | null | undefined;

/** Method syntax on purpose: a listener may ask for the event type its tag really sends. */
export type Listener = { listen(event: Event): void }["listen"];

/** Called once when the element enters the page; what it returns is called when the element leaves. */
export type Mounted = { mount(element: Element): (() => void) | undefined }["mount"];

export interface Properties {
  /** Identity among its siblings: an element keeps its place in the page, its focus and its scroll under this name. */
  readonly key?: string;
  readonly on?: Readonly<Record<string, Listener>>;
  /** Written through the style object, never as an attribute, so that a strict content policy holds. */
  readonly style?: Readonly<Record<string, string>>;
  readonly mounted?: Mounted;
  readonly class?: string;
  readonly [attribute: string]: Attribute | Mounted | Readonly<Record<string, Listener | string>>;
}

/** Description of one element of HTML or SVG. Plain data: views and marks return it, tests read it, `draw` shows it. */
export interface Elem {
  readonly tag: string;
  readonly properties: Properties;
  readonly children: readonly (Elem | string)[];
}

export type Child = Elem | string | number | null | undefined | false | readonly Child[];

/** Describes an element. Nested lists of children are flattened; empty children are left out. */
export function h(tag: string, properties: Properties = {}, ...children: readonly Child[]): Elem {
  const flat: (Elem | string)[] = [];
  collect(children, flat);
  return { tag, properties, children: flat };
}

function collect(children: readonly Child[], into: (Elem | string)[]): void {
  for (const child of children) {
    if (child === null || child === undefined || child === false) continue;
    if (Array.isArray(child)) collect(child, into);
    else if (typeof child === "object") into.push(child as Elem);
    else into.push(String(child));
  }
}

const special = new Set(["key", "on", "style", "mounted"]);

/** Attributes to write, in the order given. */
export function attributesOf(properties: Properties): readonly (readonly [string, string])[] {
  const written: [string, string][] = [];
  for (const [name, value] of Object.entries(properties)) {
    if (special.has(name) || value === null || value === undefined || value === false) continue;
    if (typeof value === "object" || typeof value === "function") continue;
    written.push([name, value === true ? "" : String(value)]);
  }
  return written;
}

/** Remembers the last call, so that unchanged data gives the very same description and drawing skips it. */
export function remember<Args extends readonly unknown[]>(describe: (...args: Args) => Elem): (...args: Args) => Elem {
  let last: { readonly args: Args; readonly elem: Elem } | null = null;
  return (...args) => {
    if (last === null || last.args.some((value, index) => value !== args[index]))
      last = { args, elem: describe(...args) };
    return last.elem;
  };
}
