import { attributesOf, type Elem, type Listener } from "./element.ts";

const svgNamespace = "http://www.w3.org/2000/svg";
const htmlNamespace = "http://www.w3.org/1999/xhtml";

/** What each element of the page was last drawn from. */
const drawnFrom = new WeakMap<Node, Elem>();
const leaving = new WeakMap<Node, () => void>();
const listeners = new WeakMap<EventTarget, Map<string, Listener | null>>();

/**
 * Makes the content of `root` equal to the description, touching only what changed, so that focus, scroll and
 * typed text survive live updates.
 */
export function draw(root: Element, content: readonly (Elem | string)[]): void {
  drawChildren(root, content, root.namespaceURI ?? htmlNamespace);
}

function drawChildren(parent: Element, children: readonly (Elem | string)[], namespace: string): void {
  const keyed = new Map<string, Node>();
  for (const node of parent.childNodes) {
    const key = drawnFrom.get(node)?.properties.key;
    if (key !== undefined) keyed.set(key, node);
  }
  let cursor: Node | null = parent.firstChild;
  for (const child of children) {
    const key = typeof child === "string" ? undefined : child.properties.key;
    const candidate = key === undefined ? cursor : (keyed.get(key) ?? null);
    if (candidate !== null && fits(candidate, child)) {
      if (candidate === cursor) cursor = cursor.nextSibling;
      else parent.insertBefore(candidate, cursor);
      update(candidate, child, namespace);
    } else {
      parent.insertBefore(create(child, namespace), cursor);
    }
  }
  while (cursor !== null) {
    const next: Node | null = cursor.nextSibling;
    release(cursor);
    parent.removeChild(cursor);
    cursor = next;
  }
}

function fits(node: Node, child: Elem | string): boolean {
  if (typeof child === "string") return node.nodeType === 3;
  const before = drawnFrom.get(node);
  return before !== undefined && before.tag === child.tag && before.properties.key === child.properties.key;
}

function create(child: Elem | string, namespace: string): Node {
  if (typeof child === "string") return document.createTextNode(child);
  const own = child.tag === "svg" ? svgNamespace : namespace;
  const element = document.createElementNS(own, child.tag);
  for (const [name, value] of attributesOf(child.properties)) element.setAttribute(name, value);
  drawStyle(element, undefined, child);
  drawListeners(element, child);
  drawChildren(element, child.children, own);
  drawnFrom.set(element, child);
  const mounted = child.properties.mounted;
  if (mounted !== undefined) {
    // After the whole tree is in the page, so that sizes can be read.
    queueMicrotask(() => {
      const leave = element.isConnected ? mounted(element) : undefined;
      if (leave !== undefined) leaving.set(element, leave);
    });
  }
  return element;
}

function update(node: Node, after: Elem | string, namespace: string): void {
  if (typeof after === "string") {
    if (node.nodeValue !== after) node.nodeValue = after;
    return;
  }
  const before = drawnFrom.get(node);
  if (before === after) return;
  const element = node as Element;
  drawAttributes(element, before, after);
  drawStyle(element, before, after);
  drawListeners(element, after);
  drawChildren(element, after.children, after.tag === "svg" ? svgNamespace : namespace);
  drawnFrom.set(element, after);
}

function drawAttributes(element: Element, before: Elem | undefined, after: Elem): void {
  const wanted = new Map(attributesOf(after.properties));
  for (const [name] of before === undefined ? [] : attributesOf(before.properties)) {
    if (!wanted.has(name)) element.removeAttribute(name);
  }
  for (const [name, value] of wanted) {
    if (element.getAttribute(name) !== value) element.setAttribute(name, value);
  }
}

function drawStyle(element: Element, before: Elem | undefined, after: Elem): void {
  const wanted = after.properties.style;
  if (wanted === undefined && before?.properties.style === undefined) return;
  const style = (element as HTMLElement | SVGElement).style;
  for (const name of Object.keys(before?.properties.style ?? {}))
    if (wanted?.[name] === undefined) style.removeProperty(name);
  for (const [name, value] of Object.entries(wanted ?? {})) style.setProperty(name, value);
}

function drawListeners(element: Element, after: Elem): void {
  const wanted = after.properties.on;
  const known = listeners.get(element) ?? new Map<string, Listener | null>();
  for (const name of known.keys()) if (wanted?.[name] === undefined) known.set(name, null);
  for (const [name, listener] of Object.entries(wanted ?? {})) {
    // One real listener a type and element, for good; it calls whatever the last description named.
    if (!known.has(name)) element.addEventListener(name, (event) => listeners.get(element)?.get(name)?.(event));
    known.set(name, listener);
  }
  if (known.size > 0) listeners.set(element, known);
}

function release(node: Node): void {
  leaving.get(node)?.();
  leaving.delete(node);
  for (const child of node.childNodes) release(child);
}
