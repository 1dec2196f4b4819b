import { type Token, tokenize } from "./tokens.ts";

/** A class as its source has it. */
export interface ClassSource {
  readonly name: string;
  /** Names of what its instances hold, without `#`; accessors are none. */
  readonly fields: readonly string[];
  /** By the name of a method, every word in it. */
  readonly methods: ReadonlyMap<string, ReadonlySet<string>>;
}

const modifiers = new Set(["readonly", "static", "async", "override", "get", "set", "private", "declare", "*"]);
const depthChange: Readonly<Record<string, number>> = { "{": 1, "(": 1, "[": 1, "}": -1, ")": -1, "]": -1 };

/** Index of the mark that closes what opens at `open`. */
function closing(tokens: readonly Token[], open: number): number {
  let depth = 0;
  for (let i = open; i < tokens.length; i++) {
    if (tokens[i]!.kind === "mark") depth += depthChange[tokens[i]!.text] ?? 0;
    if (depth === 0) return i;
  }
  return tokens.length;
}

/** A method ends with the brace that closes its body: one that no type goes on behind. */
function endOfMethod(tokens: readonly Token[], parameters: number): number {
  for (let i = closing(tokens, parameters) + 1; i < tokens.length; i++) {
    if (tokens[i]!.text !== "{") continue;
    i = closing(tokens, i);
    if (!["{", "[", "|", "&", ">", ","].includes(tokens[i + 1]?.text ?? "")) return i;
  }
  return tokens.length;
}

function endOfField(tokens: readonly Token[], from: number): number {
  for (let i = from; i < tokens.length; i++) {
    if (tokens[i]!.text === ";") return i;
    if (tokens[i]!.kind === "mark" && depthChange[tokens[i]!.text] === 1) i = closing(tokens, i);
  }
  return tokens.length;
}

function bodyOf(name: string, tokens: readonly Token[]): ClassSource {
  const fields: string[] = [];
  const methods = new Map<string, ReadonlySet<string>>();
  for (let i = 0; i < tokens.length; i++) {
    const words: string[] = [];
    while (modifiers.has(tokens[i]!.text) && !["(", "<", "=", ":", ";"].includes(tokens[i + 1]!.text)) {
      words.push(tokens[i]!.text);
      i += 1;
    }
    const member = tokens[i]!.text.replace(/^#/, "");
    let next = i + 1;
    // Type parameters hold no parenthesis here.
    if (tokens[next]!.text === "<") while (tokens[next]!.text !== "(") next += 1;
    if (tokens[next]!.text === "(") {
      const end = endOfMethod(tokens, next);
      methods.set(member, new Set(tokens.slice(next, end).map(({ text }) => text.replace(/^#/, ""))));
      i = end;
    } else {
      if (!words.includes("static")) fields.push(member);
      i = endOfField(tokens, next);
    }
  }
  return { name, fields, methods };
}

/** Every class that a module declares. */
export function classesOf(source: string): readonly ClassSource[] {
  const tokens = tokenize(source).filter(({ kind }) => kind !== "comment");
  return tokens.flatMap((token, i) => {
    const name = tokens[i + 1];
    if (token.kind !== "word" || token.text !== "class" || name?.kind !== "word") return [];
    const open = tokens.findIndex(({ text }, k) => k > i && text === "{");
    return [bodyOf(name.text, tokens.slice(open + 1, closing(tokens, open)))];
  });
}
