// Adds Vitest's report to the checks counted so far, names what failed or was skipped, and prints the closing line.
// Usage: node .ci/totals.mjs <exit code of the tests> <report.json> <checks passed> <checks failed>
import { existsSync, readFileSync } from "node:fs";
import { relative } from "node:path";

const [exitCode, reportPath, checksPassed, checksFailed] = process.argv.slice(2);
const allowedSkips = readFileSync(new URL("allowed-skips", import.meta.url), "utf8")
  .split("\n")
  .map((line) => line.trim())
  .filter((line) => line !== "" && !line.startsWith("#"));

const files = existsSync(reportPath) ? JSON.parse(readFileSync(reportPath, "utf8")).testResults : [];
const count = { passed: Number(checksPassed), failed: Number(checksFailed), skipped: 0, refused: 0 };

for (const file of files) {
  const name = relative(process.cwd(), file.name);
  // A file that cannot be loaded reports no test at all; without this it would count as nothing.
  const isBroken = file.status === "failed" && !file.assertionResults.some(({ status }) => status === "failed");
  if (isBroken) {
    console.log(`FAILED  ${name}: ${String(file.message).split("\n")[0]}`);
    count.failed += 1;
  }
  for (const { status, fullName } of file.assertionResults) {
    if (status === "passed") count.passed += 1;
    else if (status === "failed") {
      console.log(`FAILED  ${name}: ${fullName}`);
      count.failed += 1;
    } else {
      const isAllowed = allowedSkips.includes(fullName);
      console.log(`${isAllowed ? "skipped" : "SKIPPED"} ${name}: ${fullName}`);
      count.skipped += 1;
      if (!isAllowed) count.refused += 1;
    }
  }
}

if (files.length === 0 || (exitCode !== "0" && count.failed === Number(checksFailed))) {
  console.log(
    files.length === 0 ? "FAILED  the tests left no report" : "FAILED  an error outside of any test, see above",
  );
  count.failed += 1;
}
if (count.refused > 0) console.log(`${count.refused} skipped without standing in .ci/allowed-skips`);
console.log(`${count.passed} passed, ${count.failed} failed${count.skipped > 0 ? `, ${count.skipped} skipped` : ""}`);
process.exitCode = count.failed > 0 || count.refused > 0 ? 1 : 0;
