/**
 * The one place that knows Prometheus' names: which series say something that the twin asks for, and what they are called
 * in OpenTelemetry's conventions. Everything else is passed over.
 *
 * Sources: OpenTelemetry's Prometheus compatibility (dots become underscores, `_total` and, by most exporters,
 * units are put behind), Micrometer, * the client libraries of Prometheus, go-grpc-prometheus, cAdvisor, kube-state-metrics.
 */
export interface KnownMetric {
  /** By semantic conventions. */
  readonly name: string;
  readonly unit: string;
  /** `count` and `sum` are those of a histogram; the others stand alone. */
  readonly role: "count" | "sum" | "counter" | "gauge";
  /** Where several series say the same of a target, only those of the least rank are kept. */
  readonly rank: number;
  /** Labels that name the service and its copy, where one target speaks for many. */
  readonly of?: { readonly service: string; readonly instance: string };
  /** The series counts only with this label. */
  readonly only?: { readonly label: string; readonly value: string };
  /** Attribute that the metric's own name stands for. */
  readonly attribute?: readonly [string, string];
}

const IN_POD = { service: "container", instance: "pod" };

/** Best first: of those with the same conventional name, the first that is there is taken. */
const DURATIONS: readonly (readonly [prometheus: string, name: string, unit: string])[] = [
  ["http_server_request_duration_seconds", "http.server.request.duration", "s"],
  ["http_server_request_duration", "http.server.request.duration", "s"],
  ["http_server_requests_seconds", "http.server.request.duration", "s"],
  ["http_request_duration_seconds", "http.server.request.duration", "s"],
  ["http_server_duration_milliseconds", "http.server.duration", "ms"],
  ["http_server_duration", "http.server.duration", "ms"],
  ["rpc_server_call_duration_seconds", "rpc.server.call.duration", "s"],
  ["rpc_server_call_duration", "rpc.server.call.duration", "s"],
  ["grpc_server_handling_seconds", "rpc.server.call.duration", "s"],
  ["rpc_server_duration_milliseconds", "rpc.server.duration", "ms"],
  ["rpc_server_duration", "rpc.server.duration", "ms"],
];

/** Requests counted without their durations. */
const COUNTS: readonly (readonly [prometheus: string, name: string])[] = [
  ["http_requests_total", "http.server.request.duration"],
  ["grpc_server_handled_total", "rpc.server.call.duration"],
];

type Alone = readonly [prometheus: string, name: string, unit: string, more?: Partial<KnownMetric>];

const COUNTERS: readonly Alone[] = [
  ["process_cpu_time_seconds_total", "process.cpu.time", "s"],
  ["process_cpu_time_total", "process.cpu.time", "s"],
  ["process_cpu_seconds_total", "process.cpu.time", "s"],
  ["container_cpu_time_seconds_total", "container.cpu.time", "s"],
  ["container_cpu_usage_seconds_total", "container.cpu.time", "s", { of: IN_POD }],
  ["container_cpu_time_total", "container.cpu.time", "s"],
  ["k8s_pod_cpu_time_seconds_total", "k8s.pod.cpu.time", "s"],
  ["k8s_pod_cpu_time_total", "k8s.pod.cpu.time", "s"],
];

const GAUGES: readonly Alone[] = [
  ["process_cpu_utilization_ratio", "process.cpu.utilization", "1"],
  ["process_cpu_utilization", "process.cpu.utilization", "1"],
  ["process_cpu_usage", "process.cpu.utilization", "1"],
  ["container_cpu_usage", "container.cpu.usage", "{cpu}"],
  ["k8s_pod_cpu_usage", "k8s.pod.cpu.usage", "{cpu}"],
  ["system_cpu_logical_count", "system.cpu.logical.count", "{cpu}"],
  ["system_cpu_count", "system.cpu.logical.count", "{cpu}"],
  ["k8s_container_cpu_limit", "k8s.container.cpu.limit", "{cpu}"],
  [
    "kube_pod_container_resource_limits",
    "k8s.container.cpu.limit",
    "{cpu}",
    { of: IN_POD, only: { label: "resource", value: "cpu" } },
  ],
  ["executor_pool_max_threads", "executor.pool.max", "{thread}"],
  ["tomcat_threads_config_max_threads", "tomcat.threads.config.max", "{thread}"],
  ["jetty_threads_config_max_threads", "jetty.threads.config.max", "{thread}"],
  ["db_client_connection_max", "db.client.connection.max", "{connection}"],
  ["hikaricp_connections_max", "db.client.connection.max", "{connection}"],
  ["db_client_connection_count", "db.client.connection.count", "{connection}"],
  ["hikaricp_connections_active", "db.client.connection.count", "{connection}", used("used")],
  ["hikaricp_connections_idle", "db.client.connection.count", "{connection}", used("idle")],
];

/** Limits of pools, whatever pool: `checkout_worker_pool_limit` → `checkout.worker_pool.limit`. */
const POOL_LIMIT = /^(?:(.+)_)?(worker|thread)_pool_limit$/;

const KNOWN: ReadonlyMap<string, KnownMetric> = new Map([
  ...DURATIONS.flatMap(([prometheus, name, unit], rank): [string, KnownMetric][] => [
    [`${prometheus}_count`, { name, unit, role: "count", rank }],
    [`${prometheus}_sum`, { name, unit, role: "sum", rank }],
  ]),
  ...COUNTS.map(([prometheus, name], rank): [string, KnownMetric] => [
    prometheus,
    { name, unit: "s", role: "count", rank: DURATIONS.length + rank },
  ]),
  ...COUNTERS.map(alone("counter")),
  ...GAUGES.map(alone("gauge")),
]);

function alone(role: "counter" | "gauge") {
  return ([prometheus, name, unit, more = {}]: Alone, rank: number): [string, KnownMetric] => [
    prometheus,
    // Both states of a pool are wanted, so they rank alike.
    { name, unit, role, rank: more.attribute === undefined ? rank : GAUGES.length, ...more },
  ];
}

function used(state: string): Partial<KnownMetric> {
  return { attribute: ["db.client.connection.state", state] };
}

/** What a series is in conventional names; undefined when the twin has no use for it. */
export function knownMetric(sampleName: string): KnownMetric | undefined {
  // Names in quotes may have dots where others have underscores.
  const name = sampleName.replaceAll(".", "_");
  const known = KNOWN.get(name);
  if (known !== undefined) return known;
  const pool = POOL_LIMIT.exec(name);
  if (pool === null) return undefined;
  const prefix = pool[1] === undefined ? "" : `${pool[1].replaceAll("_", ".")}.`;
  return { name: `${prefix}${pool[2]}_pool.limit`, unit: "{thread}", role: "gauge", rank: 0 };
}

/** Labels by the attribute they stand for; of several the first that is there. */
const ATTRIBUTES: readonly (readonly [attribute: string, labels: readonly string[]])[] = [
  ["http.request.method", ["http_request_method", "http_method", "method"]],
  ["http.route", ["http_route", "route", "uri", "handler", "path"]],
  ["http.response.status_code", ["http_response_status_code", "http_status_code", "status_code", "status", "code"]],
  ["rpc.service", ["rpc_service", "grpc_service"]],
  ["rpc.method", ["rpc_method", "grpc_method"]],
  ["cpu.mode", ["cpu_mode", "process_cpu_state", "mode", "state"]],
];

/** Attributes that labels stand for; `isWhole` keeps the labels that stand for none, by their own names. */
export function attributesOf(labels: ReadonlyMap<string, string>, isWhole: boolean): ReadonlyMap<string, string> {
  const attributes = new Map<string, string>();
  const used = new Set<string>();
  for (const [attribute, names] of ATTRIBUTES) {
    const label = names.find((name) => labels.has(name));
    if (label === undefined) continue;
    attributes.set(attribute, labels.get(label)!);
    used.add(label);
  }
  if (isWhole) for (const [label, value] of labels) if (!used.has(label)) attributes.set(label, value);
  return attributes;
}

/** The metric that says who the target is, in its labels. */
export const TARGET_INFO = "target_info";

/** Labels that name the service and its copy, best first. */
export const SERVICE_LABELS: readonly string[] = ["service_name", "service", "application", "app"];
export const INSTANCE_LABELS: readonly string[] = ["service_instance_id", "k8s_pod_name", "pod"];
