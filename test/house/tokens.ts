/** One word of TypeScript source: enough grammar to find imports and to tell code from comments and texts. */
export interface Token {
  readonly kind: "comment" | "text" | "pattern" | "word" | "mark";
  readonly text: string;
  readonly offset: number;
}

const expressions: readonly (readonly [Token["kind"], RegExp])[] = [
  ["comment", /\/\/[^\n]*|\/\*[\s\S]*?\*\//y],
  ["text", /"(?:[^"\\\n]|\\.)*"|'(?:[^'\\\n]|\\.)*'/y],
  ["word", /[\p{ID_Start}$_#][\p{ID_Continue}$]*/uy],
  ["mark", /\d[\w.]*|[^\s]/uy],
];
const pattern = /\/(?![*/])(?:[^/\\\n[]|\\.|\[(?:[^\]\\\n]|\\.)*\])+\/[a-z]*/y;
const templatePart = /(?:[^`\\$]|\\[\s\S]|\$(?!\{))*/y;
const wordsBeforePattern = new Set(["return", "typeof", "case", "in", "of", "await", "yield", "throw", "else"]);

/** A slash starts a regular expression where a value cannot have ended just before. */
function startsPattern(previous: Token | undefined): boolean {
  if (previous === undefined) return true;
  if (previous.kind === "word") return wordsBeforePattern.has(previous.text);
  return previous.kind === "mark" && !/^[\d)\]}]/.test(previous.text);
}

function matchAt(expression: RegExp, source: string, offset: number): string | undefined {
  expression.lastIndex = offset;
  return expression.exec(source)?.[0];
}

/** Splits source into tokens; what a template literal computes is split too, its fixed text is one token a piece. */
export function tokenize(source: string): readonly Token[] {
  const tokens: Token[] = [];
  // Depth of braces inside each open `${…}`: at 0 a closing brace goes back to the template's text.
  const templates: number[] = [];
  let previous: Token | undefined;
  let offset = 0;

  const push = (kind: Token["kind"], text: string): void => {
    const token = { kind, text, offset };
    tokens.push(token);
    if (kind !== "comment") previous = token;
    offset += text.length;
  };
  const pushTemplateText = (): void => {
    const text = matchAt(templatePart, source, offset + 1) ?? "";
    const end = source.startsWith("${", offset + 1 + text.length) ? "${" : "`";
    push("text", source.slice(offset, offset + 1 + text.length + end.length));
    if (end === "${") templates.push(0);
  };

  while (offset < source.length) {
    const character = source[offset] ?? "";
    if (/\s/.test(character)) {
      offset += 1;
      continue;
    }
    const depth = templates.at(-1);
    if (character === "`") {
      pushTemplateText();
      continue;
    }
    if (character === "}" && depth === 0) {
      templates.pop();
      pushTemplateText();
      continue;
    }
    if (depth !== undefined && (character === "{" || character === "}")) {
      templates[templates.length - 1] = depth + (character === "{" ? 1 : -1);
    }
    const regularExpression =
      character === "/" && startsPattern(previous) ? matchAt(pattern, source, offset) : undefined;
    if (regularExpression !== undefined) {
      push("pattern", regularExpression);
      continue;
    }
    for (const [kind, expression] of expressions) {
      const text = matchAt(expression, source, offset);
      if (text !== undefined) {
        push(kind, text);
        break;
      }
    }
  }
  return tokens;
}

/** The source with comments, texts and regular expressions blanked; offsets and lines stay where they were. */
export function codeOnly(source: string): string {
  let code = "";
  for (const { kind, text, offset } of tokenize(source)) {
    code = code.padEnd(offset) + (kind === "word" || kind === "mark" ? text : " ".repeat(text.length));
  }
  return code;
}

/** Line number of an offset, from 1. */
export const lineOf = (source: string, offset: number): number => source.slice(0, offset).split("\n").length;
