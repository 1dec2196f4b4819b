import type { Application } from "../../datasets/synthetic/application.ts";
import type { SyntheticSpan } from "../../datasets/synthetic/span.ts";
import type { RandomStream } from "../../datasets/testbed/random.ts";
import { SPAN_KIND } from "../../src/contracts/telemetry.ts";

export type Attribute = readonly [key: string, value: string | number | boolean];

const USER_AGENT =
  "Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/124.0.0.0 Safari/537.36";
const NAMESPACE = "shop.svc.cluster.local";

/** Twenty things a copy of a service says of itself, as an SDK with the usual resource detectors does. */
export function resourceAttributes(service: string, replica: number, random: RandomStream): Attribute[] {
  const pod = `${service}-${hex(random, 8)}-${hex(random, 5)}`;
  return [
    ["service.name", service],
    ["service.instance.id", pod],
    ["service.version", "1.14.2"],
    ["deployment.environment.name", "production"],
    ["host.name", `ip-10-0-${whole(random, 255)}-${whole(random, 255)}`],
    ["host.arch", "amd64"],
    ["k8s.namespace.name", "shop"],
    ["k8s.pod.name", pod],
    ["k8s.node.name", `node-${replica}`],
    ["k8s.deployment.name", service],
    ["k8s.container.name", service],
    ["container.id", hex(random, 64)],
    ["os.type", "linux"],
    ["process.runtime.name", "nodejs"],
    ["process.runtime.version", "24.1.0"],
    ["process.pid", 1 + whole(random, 90)],
    ["process.executable.path", "/usr/local/bin/node"],
    ["telemetry.sdk.language", "nodejs"],
    ["telemetry.sdk.name", "opentelemetry"],
    ["telemetry.sdk.version", "2.0.1"],
  ];
}

/** The 8 to 15 attributes of a SERVER or CLIENT span, by current conventions, and its name. */
export function spanAttributes(
  { services, operations }: Application,
  span: SyntheticSpan,
  random: RandomStream,
): { readonly name: string; readonly attributes: readonly Attribute[] } {
  const operation = operations[span.operation]!;
  const [method = "GET", route = "/"] = operation.name.split(" ");
  const callee = services[operation.service]!;
  const some = extras(random);
  if (span.kind === SPAN_KIND.server) {
    return { name: operation.name, attributes: [...serverAttributes(method, route, span.isError, random), ...some] };
  }
  if (callee.isLeaf) {
    const verb = method === "POST" ? "INSERT" : "SELECT";
    const table = `${callee.name}_${route.slice(route.lastIndexOf("/") + 1)}_${route.split("/")[2]}`;
    return { name: `${verb} ${table}`, attributes: [...databaseAttributes(callee.name, verb, table, random), ...some] };
  }
  return { name: method, attributes: [...clientAttributes(callee.name, method, route, random), ...some] };
}

/** What an inner step of a service says. */
export function innerAttributes(random: RandomStream): readonly Attribute[] {
  return [
    ["code.function.name", "com.example.shop.CheckoutService.placeOrder"],
    ["code.line.number", whole(random, 900)],
    ["thread.name", `http-nio-8080-exec-${whole(random, 200)}`],
    ["thread.id", whole(random, 400)],
    ["app.user.id", hex(random, 32)],
    ["app.order.id", hex(random, 32)],
    ["app.order.items.count", whole(random, 12)],
    ["app.cache.hit", random() < 0.5],
  ];
}

export function exceptionAttributes(random: RandomStream): readonly Attribute[] {
  return [
    ["exception.type", "java.net.SocketTimeoutException"],
    ["exception.message", "Read timed out"],
    ["exception.stacktrace", `\tat com.example.shop.net.Client.call(Client.java:${whole(random, 900)})\n`.repeat(16)],
  ];
}

export function messageAttributes(random: RandomStream): readonly Attribute[] {
  return [
    ["message.type", "SENT"],
    ["message.id", whole(random, 9)],
    ["message.uncompressed_size", whole(random, 4000)],
  ];
}

function serverAttributes(method: string, route: string, isError: boolean, random: RandomStream): Attribute[] {
  return [
    ["http.request.method", method],
    ["http.route", route],
    ["url.path", `${route}/${hex(random, 10)}`],
    ["url.scheme", "http"],
    ["server.address", `frontend.${NAMESPACE}`],
    ["server.port", 8080],
    ["http.response.status_code", isError ? 503 : 200],
    ["network.protocol.version", "1.1"],
    ["client.address", address(random)],
    ["user_agent.original", USER_AGENT],
    ["network.peer.address", address(random)],
    ["network.peer.port", 1024 + whole(random, 60_000)],
  ];
}

function clientAttributes(callee: string, method: string, route: string, random: RandomStream): Attribute[] {
  return [
    ["http.request.method", method],
    ["url.full", `http://${callee}.${NAMESPACE}:8080${route}/${hex(random, 10)}`],
    ["server.address", `${callee}.${NAMESPACE}`],
    ["server.port", 8080],
    ["http.response.status_code", 200],
    ["network.peer.address", address(random)],
    ["network.peer.port", 8080],
    ["network.protocol.version", "1.1"],
    ["network.type", "ipv4"],
  ];
}

function databaseAttributes(database: string, verb: string, table: string, random: RandomStream): Attribute[] {
  return [
    ["db.system.name", database === "sessions" ? "redis" : "postgresql"],
    ["db.namespace", database],
    ["db.query.text", `${verb} id, name, description, price_units, price_nanos FROM ${table} WHERE id = $1`],
    ["db.operation.name", verb],
    ["db.collection.name", table],
    ["server.address", `${database}.${NAMESPACE}`],
    ["server.port", 5432],
    ["network.peer.address", address(random)],
    ["network.transport", "tcp"],
  ];
}

function extras(random: RandomStream): Attribute[] {
  const some: Attribute[] = [];
  if (random() < 0.5) some.push(["session.id", hex(random, 32)]);
  if (random() < 0.4) some.push(["enduser.id", `user-${whole(random, 1e6)}`]);
  return some;
}

function address(random: RandomStream): string {
  return `10.0.${whole(random, 255)}.${whole(random, 255)}`;
}

function whole(random: RandomStream, below: number): number {
  return Math.floor(random() * below);
}

function hex(random: RandomStream, digits: number): string {
  let text = "";
  for (; text.length < digits; )
    text += whole(random, 2 ** 32)
      .toString(16)
      .padStart(8, "0");
  return text.slice(0, digits);
}
