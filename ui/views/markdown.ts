import { type Elem, h } from "../dom/element.ts";

/**
 * Markdown as elements: headings, paragraphs, lists, tables, code, emphasis and links to the web. Everything else
 * stays text, so nothing in the source can become markup of its own.
 */
export function markdownView(source: string): readonly Elem[] {
  const lines = source.replace(/\r\n?/g, "\n").split("\n");
  const blocks: Elem[] = [];
  let at = 0;
  while (at < lines.length) {
    const block = blockAt(lines, at);
    if (block.elem !== null) blocks.push(block.elem);
    at = block.next;
  }
  return blocks;
}

interface Block {
  readonly elem: Elem | null;
  readonly next: number;
}

const fencePattern = /^\s*(```|~~~)/;
const headingPattern = /^(#{1,6})\s+(.*?)\s*#*$/;
const itemPattern = /^(\s*)([-*+]|\d{1,4}[.)])\s+(.*)$/;
const rulePattern = /^\s*([-*_])(\s*\1){2,}\s*$/;
const tableRulePattern = /^\s*\|?\s*:?-+:?\s*(\|\s*:?-+:?\s*)*\|?\s*$/;

function blockAt(lines: readonly string[], at: number): Block {
  const line = lines[at] ?? "";
  if (line.trim() === "" || rulePattern.test(line)) return { elem: null, next: at + 1 };
  if (/^<!--/.test(line.trim())) return comment(lines, at);
  if (fencePattern.test(line)) return fence(lines, at);
  const heading = headingPattern.exec(line);
  if (heading !== null) {
    // The page has its own h1: the card's headings start one lower.
    const level = Math.min(6, (heading[1]?.length ?? 1) + 1);
    return { elem: h(`h${level}`, {}, inline(heading[2] ?? "")), next: at + 1 };
  }
  if (line.includes("|") && tableRulePattern.test(lines[at + 1] ?? "") && (lines[at + 1] ?? "").includes("-"))
    return table(lines, at);
  if (itemPattern.test(line)) return list(lines, at);
  if (/^\s*>/.test(line)) return quote(lines, at);
  return paragraph(lines, at);
}

function comment(lines: readonly string[], at: number): Block {
  let end = at;
  while (end < lines.length && !(lines[end] ?? "").includes("-->")) end += 1;
  return { elem: null, next: end + 1 };
}

function fence(lines: readonly string[], at: number): Block {
  const mark = fencePattern.exec(lines[at] ?? "")?.[1] ?? "```";
  let end = at + 1;
  while (end < lines.length && !(lines[end] ?? "").trim().startsWith(mark)) end += 1;
  return { elem: h("pre", { tabindex: 0 }, h("code", {}, lines.slice(at + 1, end).join("\n"))), next: end + 1 };
}

function quote(lines: readonly string[], at: number): Block {
  let end = at;
  while (end < lines.length && /^\s*>/.test(lines[end] ?? "")) end += 1;
  const text = lines.slice(at, end).map((line) => line.replace(/^\s*>\s?/, ""));
  return { elem: h("blockquote", {}, markdownView(text.join("\n"))), next: end };
}

function paragraph(lines: readonly string[], at: number): Block {
  let end = at + 1;
  while (end < lines.length && (lines[end] ?? "").trim() !== "" && !startsBlock(lines[end] ?? "")) end += 1;
  return {
    elem: h(
      "p",
      {},
      inline(
        lines
          .slice(at, end)
          .map((line) => line.trim())
          .join(" "),
      ),
    ),
    next: end,
  };
}

const startsBlock = (line: string): boolean =>
  fencePattern.test(line) || headingPattern.test(line) || itemPattern.test(line) || /^\s*>/.test(line);

function list(lines: readonly string[], at: number): Block {
  const first = itemPattern.exec(lines[at] ?? "");
  const indent = first?.[1]?.length ?? 0;
  const isOrdered = /\d/.test(first?.[2] ?? "");
  const items: { readonly text: string; readonly rest: readonly string[] }[] = [];
  let next = at;
  while (next < lines.length) {
    const item = itemPattern.exec(lines[next] ?? "");
    if (item === null || (item[1]?.length ?? 0) !== indent || /\d/.test(item[2] ?? "") !== isOrdered) break;
    let end = next + 1;
    while (end < lines.length && isWithin(lines[end] ?? "", indent)) end += 1;
    items.push({ text: item[3] ?? "", rest: lines.slice(next + 1, end) });
    next = end;
  }
  const elems = items.map(({ text, rest }) => h("li", {}, itemContent(text, rest)));
  return { elem: h(isOrdered ? "ol" : "ul", {}, elems), next };
}

/** A line that goes on the item above: indented deeper, and not empty. */
const isWithin = (line: string, indent: number): boolean => line.trim() !== "" && line.search(/\S/) > indent;

function itemContent(text: string, rest: readonly string[]): readonly (Elem | string)[] {
  const nested = rest.findIndex((line) => startsBlock(line));
  const own = nested < 0 ? rest : rest.slice(0, nested);
  const sentence = [text, ...own.map((line) => line.trim())].join(" ");
  return nested < 0 ? inline(sentence) : [...inline(sentence), ...markdownView(rest.slice(nested).join("\n"))];
}

function table(lines: readonly string[], at: number): Block {
  let end = at + 2;
  while (end < lines.length && (lines[end] ?? "").includes("|") && (lines[end] ?? "").trim() !== "") end += 1;
  const heads = cells(lines[at] ?? "");
  const isNumber = cells(lines[at + 1] ?? "").map((rule) => rule.endsWith(":") && !rule.startsWith(":"));
  const attributes = (index: number): { readonly class?: string } =>
    isNumber[index] === true ? { class: "number" } : {};
  const rows = lines.slice(at + 2, end).map(cells);
  return {
    elem: h(
      "div",
      { class: "scrolled", tabindex: 0, role: "group", "aria-label": heads.join(", ") },
      h(
        "table",
        {},
        h(
          "thead",
          {},
          h(
            "tr",
            {},
            heads.map((head, index) =>
              h(
                head === "" ? "td" : "th",
                { ...(head === "" ? {} : { scope: "col" }), ...attributes(index) },
                inline(head),
              ),
            ),
          ),
        ),
        h(
          "tbody",
          {},
          rows.map((row) =>
            h(
              "tr",
              {},
              heads.map((_head, index) => h("td", attributes(index), inline(row[index] ?? ""))),
            ),
          ),
        ),
      ),
    ),
    next: end,
  };
}

const cells = (line: string): readonly string[] =>
  line
    .trim()
    .replace(/^\||(?<!\\)\|$/g, "")
    .split(/(?<!\\)\|/)
    .map((cell) => cell.trim().replace(/\\\|/g, "|"));

const inlinePattern =
  /(`+)(.+?)\1|\*\*(.+?)\*\*|(?<![\w*])[*_]([^*_\s](?:[^*_]*[^*_\s])?)[*_](?![\w*])|\[([^\]]*)\]\(([^()\s]+)\)/;

/** Code, strong, emphasis and links of one run of text. Links that do not lead to http(s) stay text. */
export function inline(text: string): readonly (Elem | string)[] {
  const match = inlinePattern.exec(text);
  if (match === null) return text === "" ? [] : [text];
  const before = text.slice(0, match.index);
  const after = inline(text.slice(match.index + match[0].length));
  return [...(before === "" ? [] : [before]), inlineElem(match), ...after];
}

function inlineElem(match: RegExpExecArray): Elem | string {
  const [whole, , code, strong, emphasis, label, target] = match;
  if (code !== undefined) return h("code", {}, code.trim());
  if (strong !== undefined) return h("strong", {}, inline(strong));
  if (emphasis !== undefined) return h("em", {}, inline(emphasis));
  if (target !== undefined && /^https?:\/\//.test(target))
    return h("a", { href: target, rel: "noreferrer" }, label ?? target);
  return label === undefined || label === "" ? whole : label;
}
