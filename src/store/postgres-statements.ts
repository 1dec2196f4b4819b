import { DEPLOYMENTS_MAX, FEEDBACK_MAX } from "./limits.ts";
import type { Statement } from "./postgres-pool.ts";
import { SERIES_COLUMNS } from "./series-rows.ts";

const KEY_COLUMNS: readonly string[] = ["node", "operation", "at"];
const columns = SERIES_COLUMNS.join(", ");
// One array a column, so that the statement is the same for every number of rows.
const arrays = SERIES_COLUMNS.map((name, index) => {
  return `$${index + 1}::${name === "node" || name === "operation" ? "text" : "double precision"}[]`;
});
const replaced = SERIES_COLUMNS.filter((name) => !KEY_COLUMNS.includes(name));

/** All that the store asks of the database. */
export const STATEMENTS = {
  putSeries: statement(
    "put-series",
    `INSERT INTO spantwin.series (${columns}) SELECT * FROM unnest(${arrays.join(", ")})
     ON CONFLICT (node, operation, at) DO UPDATE SET ${replaced.map((name) => `${name} = excluded.${name}`).join(", ")}`,
  ),
  series: statement(
    "series",
    `SELECT ${columns} FROM spantwin.series
     WHERE node = $1 AND operation = $2 AND at >= $3 AND at < $4 ORDER BY at LIMIT $5`,
  ),
  dropSeries: statement(
    "drop-series",
    `WITH dropped AS (
       DELETE FROM spantwin.series WHERE ctid = ANY (ARRAY(SELECT ctid FROM spantwin.series WHERE at < $1 LIMIT $2))
       RETURNING 1
     ) SELECT count(*) AS count FROM dropped`,
  ),
  putIncident: statement(
    "put-incident",
    `INSERT INTO spantwin.incident (id, state, verdict, onset, evidence, body) VALUES ($1, $2, $3, $4, $5, $6)
     ON CONFLICT (id) DO UPDATE SET state = excluded.state, verdict = excluded.verdict, onset = excluded.onset,
       evidence = excluded.evidence, body = excluded.body`,
  ),
  incident: statement("incident", "SELECT body FROM spantwin.incident WHERE id = $1"),
  // "open" sorts before "resolved".
  incidents: statement(
    "incidents",
    `SELECT body FROM spantwin.incident
     WHERE ($1::text IS NULL OR state = $1) AND ($2::text IS NULL OR verdict = $2)
     ORDER BY state, onset DESC, id LIMIT $3`,
  ),
  incidentCount: statement("incident-count", "SELECT count(*) AS count FROM spantwin.incident"),
  putTrace: statement(
    "put-trace",
    "INSERT INTO spantwin.trace (id, body) VALUES ($1, $2) ON CONFLICT (id) DO UPDATE SET body = excluded.body",
  ),
  trace: statement("trace", "SELECT body FROM spantwin.trace WHERE id = $1"),
  dropTraces: statement(
    "drop-traces",
    `WITH dropped AS (
       DELETE FROM spantwin.trace WHERE id IN (
         SELECT trace.id FROM spantwin.trace AS trace
         WHERE NOT EXISTS (SELECT 1 FROM spantwin.incident WHERE evidence @> ARRAY[trace.id]) LIMIT $1)
       RETURNING 1
     ) SELECT count(*) AS count FROM dropped`,
  ),
  // The deletion does not see the row that is being inserted, so one less is left of the others.
  putFeedback: statement(
    "put-feedback",
    `WITH dropped AS (
       DELETE FROM spantwin.feedback
       WHERE id IN (SELECT id FROM spantwin.feedback ORDER BY id DESC OFFSET ${FEEDBACK_MAX - 1})
     ) INSERT INTO spantwin.feedback (body) VALUES ($1) RETURNING id`,
  ),
  feedback: statement("feedback", "SELECT id, body FROM spantwin.feedback ORDER BY id DESC LIMIT $1"),
  putDeployment: statement(
    "put-deployment",
    `INSERT INTO spantwin.deployment (node, version, at, body) VALUES ($1, $2, $3, $4)
     ON CONFLICT (node, version, at) DO UPDATE SET body = excluded.body`,
  ),
  dropDeployments: statement(
    "drop-deployments",
    `DELETE FROM spantwin.deployment WHERE (node, version, at) IN
     (SELECT node, version, at FROM spantwin.deployment ORDER BY at DESC, node, version OFFSET ${DEPLOYMENTS_MAX})`,
  ),
  deployments: statement(
    "deployments",
    `SELECT body FROM spantwin.deployment WHERE ($1::text IS NULL OR node = $1)
     ORDER BY at DESC, node, version LIMIT $2`,
  ),
} as const;

function statement(name: string, text: string): Statement {
  return { name, text };
}
