import { readdirSync, readFileSync, readlinkSync } from "node:fs";

/** A process that listens. */
export interface PortOwner {
  readonly pid: number;
  readonly command: string;
}

const LISTENING = "0A";

/**
 * Who listens on a TCP port of this machine; null when that cannot be told: on other systems than Linux, and for
 * processes of other users.
 */
export function ownerOfPort(port: number): PortOwner | null {
  const inodes = new Set(["/proc/net/tcp", "/proc/net/tcp6"].flatMap((table) => socketsOn(table, port)));
  if (inodes.size === 0) return null;
  for (const pid of entriesOf("/proc").filter((name) => /^\d+$/.test(name))) {
    const holds = entriesOf(`/proc/${pid}/fd`).some((descriptor) => {
      const inode = /^socket:\[(\d+)\]$/.exec(linkOf(`/proc/${pid}/fd/${descriptor}`))?.[1];
      return inode !== undefined && inodes.has(inode);
    });
    if (holds) return { pid: Number(pid), command: textOf(`/proc/${pid}/comm`).trim() };
  }
  return null;
}

/** Inodes of the listening sockets in a table of the kernel. Source: proc(5), /proc/net/tcp. */
function socketsOn(table: string, port: number): string[] {
  return textOf(table)
    .split("\n")
    .slice(1)
    .map((line) => line.trim().split(/\s+/))
    .filter(([, local = "", , state]) => state === LISTENING && Number.parseInt(local.split(":")[1] ?? "", 16) === port)
    .map((fields) => fields[9] ?? "");
}

/** Processes come and go and belong to others: what cannot be read has nothing to say. */
function unlessGone<Read>(read: () => Read, otherwise: Read): Read {
  try {
    return read();
  } catch {
    return otherwise;
  }
}

const textOf = (path: string): string => unlessGone(() => readFileSync(path, "utf8"), "");
const entriesOf = (path: string): string[] => unlessGone(() => readdirSync(path), []);
const linkOf = (path: string): string => unlessGone(() => readlinkSync(path), "");
