import packageDocument from "../../package.json" with { type: "json" };

export const VERSION: string = packageDocument.version;
