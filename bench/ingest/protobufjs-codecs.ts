import { mkdirSync, writeFileSync } from "node:fs";
import { createRequire } from "node:module";
import { join } from "node:path";
import protobuf from "protobufjs";
import pbjs from "protobufjs-cli/pbjs.js";
import { MESSAGES, type MessageName } from "../../src/telemetry/otlp/messages.ts";

/** Turns a body into an object tree; what it gives is looked at by the caller, so that none of it can be left out. */
export type Decode = (body: Uint8Array) => { readonly resourceSpans: readonly object[] };

const CACHE = new URL("../../node_modules/.cache/bench-ingest/", import.meta.url);
/** What is a number or bytes in other words in OTLP JSON. */
const PLAIN_TYPES: Readonly<Record<string, string>> = { hex: "bytes", base64: "bytes", enum: "int32" };

/** All messages of OTLP traces and metrics, as protobufjs takes a schema. */
function schema(): protobuf.INamespace {
  const nested = Object.fromEntries(
    (Object.keys(MESSAGES) as MessageName[]).map((name) => {
      const fields = Object.entries(MESSAGES[name]).map(([id, field]) => {
        const type = PLAIN_TYPES[field.type] ?? field.type;
        return [field.name, { id: Number(id), type, ...(field.isRepeated ? { rule: "repeated" } : {}) }];
      });
      return [name, { fields: Object.fromEntries(fields) }];
    }),
  );
  return { nested };
}

/** The way protobufjs calls reflection: a reader made at run time from a schema. */
export function reflectionDecode(): Decode {
  const type = protobuf.Root.fromJSON(schema()).lookupType("TracesData");
  return (body) => type.decode(body) as unknown as ReturnType<Decode>;
}

/** A static module: source code made ahead of time by `pbjs -t static-module`. */
export async function staticDecode(): Promise<Decode> {
  mkdirSync(CACHE, { recursive: true });
  const schemaFile = join(CACHE.pathname, "otlp.json");
  writeFileSync(schemaFile, JSON.stringify(schema()));
  const target = ["-t", "static-module", "-w", "commonjs", "--no-create", "--no-encode", "--no-verify", "--no-convert"];
  const source = await new Promise<string>((resolve, reject) => {
    pbjs.main([...target, schemaFile], (error, output) => {
      if (error === null && output !== undefined) resolve(output);
      else reject(error);
    });
  });
  const module = join(CACHE.pathname, "otlp.cjs");
  writeFileSync(module, source);
  const { TracesData } = createRequire(import.meta.url)(module) as { TracesData: { decode: Decode } };
  return (body) => TracesData.decode(body);
}
