// Run as a process of its own, to be killed: writes windows and incidents for ever and says on stdout which incident is committed.
import { writeSync } from "node:fs";

import { openSqliteStore } from "../../src/store/sqlite-store.ts";
import { anIncident, aRow } from "./samples.ts";

const [dataDirectory = "", rowsPerWindow = "0", firstWindow = "0"] = process.argv.slice(2);
const store = openSqliteStore({ dataDirectory });
for (let window = Number(firstWindow); ; window++) {
  await store.putSeries(Array.from({ length: Number(rowsPerWindow) }, (_, index) => aRow(`node-${index}`, "", window)));
  await store.putIncident(anIncident({ id: `incident-${window}`, onsetSeconds: window }));
  writeSync(1, `${window}\n`);
}
