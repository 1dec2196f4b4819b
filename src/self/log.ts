import { pino } from "pino";

import { humanLine } from "./human-line.ts";

export interface Log {
  debug(message: string, fields?: Readonly<Record<string, unknown>>): void;
  info(message: string, fields?: Readonly<Record<string, unknown>>): void;
  warn(message: string, fields?: Readonly<Record<string, unknown>>): void;
  error(message: string, fields?: Readonly<Record<string, unknown>>): void;
}

/** Where lines go. Default: stderr, so that stdout belongs to results. */
export interface LogTarget {
  readonly isTTY?: boolean;
  write(line: string): unknown;
}

/**
 * Our own log. For people one short line each; with `json` a JSON object a line, and only from warnings up, because
 * a machine reads the results and not the progress. `fields.error` is shown by its message.
 */
export function createLog(options: { json: boolean; isVerbose?: boolean; target?: LogTarget }): Log {
  const target = options.target ?? process.stderr;
  const quietLevel = options.json ? "warn" : "info";
  const level = options.isVerbose === true ? "debug" : quietLevel;
  const hasColour = target.isTTY === true && process.env["NO_COLOR"] === undefined;
  const stream = {
    write(line: string) {
      target.write(options.json ? line : humanLine(line, hasColour));
    },
  };
  const serializers = { error: pino.stdSerializers.errWithCause };
  const logger = pino({ level, base: null, timestamp: pino.stdTimeFunctions.isoTime, serializers }, stream);
  return {
    debug: (message, fields) => logger.debug(fields ?? {}, message),
    info: (message, fields) => logger.info(fields ?? {}, message),
    warn: (message, fields) => logger.warn(fields ?? {}, message),
    error: (message, fields) => logger.error(fields ?? {}, message),
  };
}
