import { lineOf, type Token, tokenize } from "./tokens.ts";

export interface Import {
  /** As written; undefined when it is computed at run time. */
  readonly specifier: string | undefined;
  /** Erased before running: `import type`, `export type`. */
  readonly isType: boolean;
  readonly line: number;
}

const unquoted = (token: Token): string => token.text.slice(1, -1);

/** The text after `from` that ends an import or re-export starting at `start`, if this is one. */
function sourceAfterFrom(tokens: readonly Token[], start: number): Token | undefined {
  let depth = 0;
  for (let i = start; i < tokens.length; i++) {
    const token = tokens[i];
    if (token === undefined || token.text === ";") return undefined;
    if (token.text === "{") depth += 1;
    if (token.text === "}") depth -= 1;
    if (depth === 0 && token.text === "from" && tokens[i + 1]?.kind === "text") return tokens[i + 1];
  }
  return undefined;
}

function importAt(tokens: readonly Token[], i: number): Omit<Import, "line"> | undefined {
  const token = tokens[i];
  const next = tokens[i + 1];
  const third = tokens[i + 2];
  if (token?.kind !== "word" || next === undefined || tokens[i - 1]?.text === ".") return undefined;
  if (token.text === "import" && next.kind === "text") return { specifier: unquoted(next), isType: false };
  if ((token.text === "import" || token.text === "require") && next.text === "(") {
    return { specifier: third?.kind === "text" ? unquoted(third) : undefined, isType: false };
  }
  // A worker or a child process is started from `new URL("./file.ts", import.meta.url)`: that is an import too.
  if (token.text === "URL" && next.text === "(" && third?.kind === "text" && /\.m?[jt]s.$/.test(third.text)) {
    return { specifier: unquoted(third), isType: false };
  }
  const isReExport =
    token.text === "export" && (/^[{*]$/.test(next.text) || (next.text === "type" && third?.text === "{"));
  if (isReExport || (token.text === "import" && next.text !== "." && next.text !== "(")) {
    const source = sourceAfterFrom(tokens, i + 1);
    const isType = next.text === "type" && third?.text !== "from" && third?.text !== ",";
    return source === undefined ? undefined : { specifier: unquoted(source), isType };
  }
  return undefined;
}

/** Everything a module asks for: static, type-only, dynamic, `require`, re-exports and files started by URL. */
export function importsOf(source: string): readonly Import[] {
  const tokens = tokenize(source).filter((token) => token.kind !== "comment");
  return tokens.flatMap((token, i) => {
    const found = importAt(tokens, i);
    return found === undefined ? [] : [{ ...found, line: lineOf(source, token.offset) }];
  });
}
