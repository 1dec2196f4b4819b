import type { Socket } from "node:net";

const LINE_LIMIT_BYTES = 65_536;

/** Calls `take` with each JSON line; a line that is too long or no JSON ends the connection. */
export function readLines(socket: Socket, take: (message: Readonly<Record<string, unknown>>) => void): void {
  let rest = "";
  socket.setEncoding("utf8");
  socket.on("data", (text: string) => {
    rest += text;
    for (let end = rest.indexOf("\n"); end >= 0; end = rest.indexOf("\n")) {
      const line = rest.slice(0, end);
      rest = rest.slice(end + 1);
      try {
        take(JSON.parse(line));
      } catch {
        socket.destroy();
        return;
      }
    }
    if (rest.length > LINE_LIMIT_BYTES) socket.destroy();
  });
}

export function writeLine(socket: Socket, message: Readonly<Record<string, unknown>>): void {
  if (!socket.destroyed) socket.write(`${JSON.stringify(message)}\n`);
}
