import { SettingsError } from "../../contracts/errors.ts";

/** What a user is told when an address cannot be listened on: the key, the port, and what to do. */
export function listenError(key: string, host: string, port: number, error: NodeJS.ErrnoException): SettingsError {
  switch (error.code) {
    case "EADDRINUSE":
      return new SettingsError(
        key,
        port,
        `is already in use on ${host}; stop the other program or choose another port`,
      );
    case "EACCES":
      return new SettingsError(key, port, `may not be opened on ${host} by this user; choose a port above 1023`);
    case "EADDRNOTAVAIL":
    case "ENOTFOUND":
    case "EAI_AGAIN":
      return new SettingsError("host", host, "is no address of this machine");
    default:
      return new SettingsError(key, port, `cannot be listened on (${host}: ${error.message})`);
  }
}
