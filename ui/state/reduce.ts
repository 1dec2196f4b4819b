import type { IncidentPage, ServiceMap, Status } from "../../src/contracts/api.ts";
import type { Incident } from "../../src/contracts/incident.ts";
import type { Graph } from "../layout/layers.ts";
import {
  type Action,
  type Answers,
  type AppState,
  answerLimit,
  type Connection,
  incidentLimit,
  nowhere,
  type Remote,
  type Topic,
} from "./state.ts";

/**
 * The next state. Pure: same state and action, same result; what does not change keeps its identity, so that
 * drawing can skip it.
 */
export function reduce(state: AppState, action: Action): AppState {
  switch (action.type) {
    case "navigated":
      return { ...state, route: action.route, pointed: nowhere, isHelpOpen: false };
    case "answered":
      return answered(state, action.topic, action.key, action.value);
    case "failed":
      return {
        ...state,
        answers: keep(state.answers, action.key, {
          value: state.answers.get(action.key)?.value ?? null,
          error: action.error,
        }),
      };
    case "streamed":
      return streamed(state, action.event);
    case "connection":
      return connected(state, action.connection);
    case "theme":
      return { ...state, theme: action.theme };
    case "help":
      return state.isHelpOpen === action.isOpen ? state : { ...state, isHelpOpen: action.isOpen };
    case "pointed":
      return pointed(state, action.pointed);
    case "measured":
      return state.widths[action.place] === action.width
        ? state
        : { ...state, widths: { ...state.widths, [action.place]: action.width } };
    case "notice":
      return { ...state, notice: action.notice };
  }
}

function answered(state: AppState, topic: Topic, key: string, value: Answers[Topic]): AppState {
  switch (topic) {
    case "status":
      return withStatus(state, value as Status);
    case "map":
      return withMap(state, value as ServiceMap);
    case "incidents": {
      const page = value as IncidentPage;
      return { ...state, incidents: page.incidents.slice(0, incidentLimit), incidentTotal: page.total };
    }
    default:
      return { ...state, answers: keep(state.answers, key, { value, error: null }) };
  }
}

function streamed(state: AppState, event: Extract<Action, { type: "streamed" }>["event"]): AppState {
  switch (event.type) {
    case "status":
      return withStatus(state, event.status);
    case "map":
      return withMap(state, event.map);
    case "incident":
      return withIncident(state, event.incident);
    case "window":
      // The first word of a new window is worth a redraw of the clock; all else comes by its own event or fetch.
      return state.status === null
        ? state
        : withStatus(state, {
            ...state.status,
            eventTimeSeconds: latest(state.status.eventTimeSeconds, event.atSeconds),
          });
  }
}

const latest = (known: number | null, seen: number): number => (known === null ? seen : Math.max(known, seen));

const withStatus = (state: AppState, status: Status): AppState => ({ ...state, status });

function withMap(state: AppState, map: ServiceMap): AppState {
  return { ...state, map, graph: grown(state.graph, map) };
}

/** The graph with what the map adds to it; the very same graph when that is nothing. */
function grown(graph: Graph, map: ServiceMap): Graph {
  const known = new Set(graph.nodes);
  const knownCalls = new Set(graph.edges.map((edge) => `${edge.from}\n${edge.to}`));
  const nodes = map.nodes.filter((node) => !known.has(node.name)).map((node) => node.name);
  const edges = map.edges
    .filter((edge) => !knownCalls.has(`${edge.from}\n${edge.to}`))
    .map(({ from, to }) => ({ from, to }));
  if (nodes.length === 0 && edges.length === 0) return graph;
  // A system that renames its services for hours would grow without end: then only what is there now counts.
  if (graph.nodes.length + nodes.length > graphLimit)
    return { nodes: map.nodes.map((node) => node.name), edges: map.edges };
  return { nodes: [...graph.nodes, ...nodes], edges: [...graph.edges, ...edges] };
}

const graphLimit = 5000;

/** Replaces the incident of the same id, or puts the new one in front. The detail page reads the same answer. */
function withIncident(state: AppState, incident: Incident): AppState {
  const known = state.incidents ?? [];
  const isKnown = known.some((one) => one.id === incident.id);
  const incidents = isKnown
    ? known.map((one) => (one.id === incident.id ? incident : one))
    : [incident, ...known].slice(0, incidentLimit);
  const key = `incident/${incident.id}`;
  const answers = state.answers.has(key) ? keep(state.answers, key, { value: incident, error: null }) : state.answers;
  return { ...state, incidents, answers, incidentTotal: state.incidentTotal + (isKnown ? 0 : 1) };
}

function connected(state: AppState, connection: Connection): AppState {
  const isGood = connection === "live" || connection === "polling";
  const failedAttempts = isGood ? 0 : connection === "lost" ? state.failedAttempts + 1 : state.failedAttempts;
  if (connection === state.connection && failedAttempts === state.failedAttempts) return state;
  return { ...state, connection, failedAttempts };
}

function pointed(state: AppState, change: Partial<AppState["pointed"]>): AppState {
  const next = { ...state.pointed, ...change };
  const keys = Object.keys(change) as (keyof AppState["pointed"])[];
  return keys.every((key) => next[key] === state.pointed[key]) ? state : { ...state, pointed: next };
}

/** Puts an answer last in line; the one longest without news goes when there are too many. */
function keep(answers: AppState["answers"], key: string, answer: Remote<Answers[Topic]>): AppState["answers"] {
  const next = new Map(answers);
  next.delete(key);
  next.set(key, answer);
  for (const oldest of next.keys()) {
    if (next.size <= answerLimit) break;
    next.delete(oldest);
  }
  return next;
}
