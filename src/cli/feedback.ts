import { writeFile } from "node:fs/promises";
import { type Command, Option } from "commander";
import type { Status } from "../contracts/api.ts";
import { SettingsError } from "../contracts/errors.ts";
import type { Feedback, FeedbackPage, FeedbackRequest } from "../contracts/feedback.ts";
import type { Incident } from "../contracts/incident.ts";
import { FAULT_KINDS, type FaultKind } from "../contracts/score.ts";
import { feedbackLabels } from "../pipeline/feedback-labels.ts";
import { TIME_RANGE_RULE, timeRangeOf } from "../settings/time-range.ts";
import { ApiClient, addressOf, RefusedError } from "./api-client.ts";
import { settingsOf } from "./options.ts";
import { feedbackLine } from "./wording.ts";

/** All that a server keeps. */
const EVERYTHING = "feedback?limit=10000";
const VERBS = "--not-a-fault, --was, --new-normal, --ignore or --export";

interface FeedbackOptions {
  readonly notAFault?: true;
  readonly was?: FaultKind;
  readonly newNormal?: true;
  readonly ignore?: string;
  readonly export?: string;
  readonly service?: string;
  readonly note?: string;
  readonly url?: string;
  readonly json: boolean;
}

export function addFeedback(program: Command): void {
  const command = program
    .command("feedback [incident]")
    .description(
      "Tells a running server what an incident was, or which time to ignore; without a verb, lists what was said.",
    )
    .option("--not-a-fault", "dismiss it: no such alarm for a day, unless it gets half as strong again")
    .addOption(new Option("--was <kind>", "it was a fault of this kind").choices(FAULT_KINDS))
    .option("--new-normal", "what it shows is normal from now on: learn it")
    .option("--ignore <from/to>", "neither alarm nor learn in this time (ISO 8601 with zone, or unix seconds)")
    .option("--service <name>", "guilty service (with --was), or where to ignore (with --ignore)")
    .option("--note <text>", "why, for people")
    .option("--export <file>", "write what was confirmed as labels.json for train and evaluate")
    .option("--url <address>", "the running server (default: this machine, at the API port of the settings)")
    .option("--json", "print one JSON document on stdout", false)
    .addHelpText(
      "after",
      `
Examples:
  spantwin feedback 20260201T101500-pricing --not-a-fault --note "nightly backup"
  spantwin feedback 20260201T101500-pricing --was slow-dependency --service catalog-db
  spantwin feedback 20260201T101500-pricing --new-normal
  spantwin feedback --ignore 2026-02-01T22:00Z/2026-02-01T23:00Z --service pricing
  spantwin feedback --export recordings/today/labels.json`,
    );
  command.action(async (incident: string | undefined, options: FeedbackOptions) => {
    const client = new ApiClient(serverOf(options));
    try {
      await obey(client, incident, options);
    } catch (error) {
      if (error instanceof RefusedError) {
        command.error(error.message);
      }
      throw error;
    }
  });
}

async function obey(client: ApiClient, incident: string | undefined, options: FeedbackOptions): Promise<void> {
  const request = requestOf(incident, options);
  if (request !== null) {
    const taken = await client.post<Feedback>("feedback", request);
    process.stdout.write(options.json ? `${JSON.stringify(taken, null, 2)}\n` : `${feedbackLine(taken)}\n`);
  } else if (options.export !== undefined) {
    await exportTo(options.export, client);
  } else {
    const page = await client.get<FeedbackPage>(EVERYTHING);
    const lines = page.feedback.map((each) => `${feedbackLine(each)}\n`).join("");
    process.stdout.write(options.json ? `${JSON.stringify(page, null, 2)}\n` : lines);
  }
}

/** Null when nothing is to be said. */
function requestOf(incident: string | undefined, options: FeedbackOptions): FeedbackRequest | null {
  const { notAFault, was, newNormal, ignore, service } = options;
  const verbs = [notAFault, was, newNormal, ignore, options.export].filter((each) => each !== undefined);
  if (verbs.length > 1) {
    throw new SettingsError("feedback", verbs.length, `verbs were given: take one of ${VERBS}`);
  }
  if (service !== undefined && was === undefined && ignore === undefined) {
    throw new SettingsError("--service", service, "goes with --was or --ignore");
  }
  const note = options.note === undefined ? {} : { note: options.note };
  const place = service === undefined ? {} : { service };
  if (ignore !== undefined) {
    const range = timeRangeOf(ignore);
    if (range === null) {
      throw new SettingsError("--ignore", ignore, `must be ${TIME_RANGE_RULE}`);
    }
    return { type: "ignore", ...range, ...place, ...note, ...noIncident(incident, "--ignore") };
  }
  if (notAFault === undefined && was === undefined && newNormal === undefined) {
    noIncident(incident, options.export === undefined ? "a list" : "--export");
    return null;
  }
  if (incident === undefined) {
    throw new SettingsError("incident", null, "is missing: say which, as `spantwin feedback <incident> …`");
  }
  return was === undefined
    ? { type: newNormal === true ? "new-normal" : "not-a-fault", incidentId: incident, ...note }
    : { type: "fault", incidentId: incident, kind: was, ...place, ...note };
}

function noIncident(incident: string | undefined, verb: string): object {
  if (incident !== undefined) {
    throw new SettingsError("incident", incident, `has no place with ${verb}: to say what it was take one of ${VERBS}`);
  }
  return {};
}

/** The file is never overwritten: labels of an injection cannot be made again. */
async function exportTo(file: string, client: ApiClient): Promise<void> {
  const { feedback } = await client.get<FeedbackPage>(EVERYTHING);
  const { firstSpanSeconds, eventTimeSeconds } = await client.get<Status>("status");
  const ids = new Set(
    feedback.flatMap(({ type, incidentId }) => (type === "fault" && incidentId !== null ? incidentId : [])),
  );
  const incidents: Incident[] = [];
  for (const id of ids) {
    incidents.push(await client.get<Incident>(`incidents/${encodeURIComponent(id)}`));
  }
  const received = { fromSeconds: firstSpanSeconds ?? 0, toSeconds: eventTimeSeconds ?? 0 };
  const labels = feedbackLabels({ feedback, incidents, received });
  try {
    await writeFile(file, `${JSON.stringify(labels, null, 2)}\n`, { flag: "wx" });
  } catch (error) {
    const isThere = error instanceof Error && "code" in error && error.code === "EEXIST";
    throw new SettingsError("--export", file, isThere ? "is there already: choose another name" : "cannot be written");
  }
  process.stdout.write(`${labels.faults.length} confirmed faults written to ${file}\n`);
}

function serverOf({ url }: FeedbackOptions): URL {
  const address = url ?? addressOf(settingsOf({}, []));
  if (!URL.canParse(address) || !/^https?:$/.test(new URL(address).protocol)) {
    throw new SettingsError("--url", address, 'must be an address such as "http://127.0.0.1:7171/"');
  }
  return new URL(address.endsWith("/") ? address : `${address}/`);
}
