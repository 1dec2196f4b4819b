import { attributesOf, type Elem } from "./element.ts";

const escapes: Readonly<Record<string, string>> = { "&": "&amp;", "<": "&lt;", ">": "&gt;", '"': "&quot;" };

const escaped = (text: string): string => text.replace(/[&<>"]/g, (sign) => escapes[sign] ?? sign);

/** The description as markup text, without listeners. For tests and for saving a mark as an SVG file. */
export function markup(elem: Elem | string): string {
  if (typeof elem === "string") return escaped(elem);
  const attributes = attributesOf(elem.properties)
    .map(([name, value]) => ` ${name}="${escaped(value)}"`)
    .join("");
  return `<${elem.tag}${attributes}>${elem.children.map(markup).join("")}</${elem.tag}>`;
}

/** All text inside, as a reader would meet it. */
export function textOf(elem: Elem | string): string {
  return typeof elem === "string" ? elem : elem.children.map(textOf).join(" ").replace(/\s+/g, " ").trim();
}
