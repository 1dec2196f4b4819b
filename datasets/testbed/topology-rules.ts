import { DatabaseSync } from "node:sqlite";
import { SettingsError } from "../../src/contracts/errors.ts";
import { BROKER_NAME } from "./service/names.ts";
import { allSteps, type QueryStep, type ServiceDeclaration, type ShopDeclaration, type Step } from "./shop-schema.ts";

/** More would not fit into the memory of a small machine. */
const PROCESS_LIMIT = 48;

/**
 * Checks what the parts of an application say about each other.
 *
 * @throws {SettingsError} naming the key, the value and the rule.
 */
export function refuseContradictions(shop: ShopDeclaration): void {
  refuseSharedNames(shop);
  const memberCount = shop.services.reduce((sum, { replicaCount }) => sum + replicaCount, shop.externals.length + 1);
  if (memberCount > PROCESS_LIMIT)
    throw new SettingsError("services", memberCount, `processes are too many, ${PROCESS_LIMIT} may be`);
  refuseEntries(shop);
  for (const [index, service] of shop.services.entries()) refuseService(shop, service, `services[${index}]`);
  refuseTopicsSharedByServices(shop);
  refuseRings(shop);
  const [owner, pool] = shop.bottleneck.split("/");
  const service = shop.services.find(({ name }) => name === owner);
  if (service === undefined || (pool === "db-pool" && service.database === undefined))
    throw new SettingsError("bottleneck", shop.bottleneck, "is no station of this application");
}

function refuseSharedNames({ services, externals }: ShopDeclaration): void {
  const taken = new Set([BROKER_NAME]);
  const take = (key: string, name: string) => {
    if (taken.has(name)) throw new SettingsError(key, name, "is taken by another service, external or the broker");
    taken.add(name);
  };
  for (const [index, { name }] of services.entries()) take(`services[${index}].name`, name);
  for (const [index, { peer }] of externals.entries()) take(`externals[${index}].peer`, peer);
  const namespaces = new Set<string>();
  for (const [index, { database }] of services.entries()) {
    if (database === undefined) continue;
    if (namespaces.has(database.namespace)) {
      const rule = "is the database of another service: a database belongs to one";
      throw new SettingsError(`services[${index}].database.namespace`, database.namespace, rule);
    }
    namespaces.add(database.namespace);
  }
}

function refuseEntries(shop: ShopDeclaration): void {
  const entry = shop.services.find(({ name }) => name === shop.entryService);
  if (entry === undefined) throw new SettingsError("entryService", shop.entryService, "is none of the services");
  if (entry.replicaCount !== 1)
    throw new SettingsError("entryService", shop.entryService, "must have one replica: users know one address");
  for (const [index, { route }] of shop.entries.entries()) {
    if (!entry.routes.some((each) => each.route === route))
      throw new SettingsError(`entries[${index}].route`, route, `is no route of ${entry.name}`);
  }
  const total = shop.entries.reduce((sum, { share }) => sum + share, 0);
  if (Math.abs(total - 1) > 1e-6) throw new SettingsError("entries", total, "is the sum of the shares; it must be 1");
}

function refuseService(shop: ShopDeclaration, service: ServiceDeclaration, path: string): void {
  const lists: (readonly [string, readonly Step[]])[] = service.routes.map((route, index) => [
    `${path}.routes[${index}]`,
    route.steps,
  ]);
  if (service.consumes !== undefined) lists.push([`${path}.consumes`, service.consumes.steps]);
  if (lists.length === 0) throw new SettingsError(path, service.name, "must have a route or consume a topic");
  const names = service.routes.map(({ route }) => route);
  const twice = names.find((route, index) => names.indexOf(route) !== index);
  if (twice !== undefined) throw new SettingsError(`${path}.routes`, twice, "stands there twice");
  for (const [key, steps] of lists) for (const step of allSteps(steps)) refuseStep(shop, service, step, key);
  refuseSql(service, path);
}

function refuseStep(shop: ShopDeclaration, owner: ServiceDeclaration, step: Step, path: string): void {
  const refuse = (value: unknown, rule: string): never => {
    throw new SettingsError(`${path}: ${step.do}`, value, rule);
  };
  if (step.do === "call") {
    const callee = shop.services.find(({ name }) => name === step.service);
    if (callee === undefined) refuse(step.service, "is none of the services");
    if (!callee!.routes.some(({ route }) => route === step.route)) refuse(step.route, `is no route of ${step.service}`);
  } else if (step.do === "external") {
    if (!shop.externals.some(({ peer }) => peer === step.peer)) refuse(step.peer, "is none of the externals");
  } else if (step.do === "publish") {
    if (!shop.services.some(({ consumes }) => consumes?.topic === step.topic))
      refuse(step.topic, "is consumed by no service");
  } else if (step.do === "query") {
    if (owner.database === undefined) refuse(step.sql, `needs a database, which ${owner.name} has not`);
  } else if (step.do === "cached" && owner.cacheCapacity === undefined) {
    refuse(owner.name, "needs a cacheCapacity");
  }
}

/** Runs the schema and prepares every statement on an empty database. */
function refuseSql({ database, routes, consumes }: ServiceDeclaration, path: string): void {
  if (database === undefined) return;
  const connection = new DatabaseSync(":memory:");
  const attempt = (key: string, sql: string, act: () => void) => {
    try {
      act();
    } catch (error) {
      throw new SettingsError(key, sql.slice(0, 80), `is no good SQL: ${(error as Error).message}`);
    }
  };
  try {
    attempt(`${path}.database.schema`, database.schema, () => connection.exec(database.schema));
    const queries = [...routes.map(({ steps }) => steps), consumes?.steps ?? []]
      .flatMap(allSteps)
      .filter((step): step is QueryStep => step.do === "query");
    for (const sql of database.seedStatements)
      attempt(`${path}.database.seedStatements`, sql, () => connection.prepare(sql));
    for (const { sql, bind } of queries) {
      attempt(`${path}: query`, sql, () => {
        const values = bind.map(() => 0);
        connection.prepare(sql).all(...values);
      });
    }
  } finally {
    connection.close();
  }
}

/** The embedded broker gives each message to one consumer. */
function refuseTopicsSharedByServices({ services }: ShopDeclaration): void {
  const consumers = new Map<string, string>();
  for (const [index, { name, consumes }] of services.entries()) {
    if (consumes === undefined) continue;
    const other = consumers.get(consumes.topic);
    if (other !== undefined)
      throw new SettingsError(`services[${index}].consumes.topic`, consumes.topic, `is consumed by ${other} already`);
    consumers.set(consumes.topic, name);
  }
}

/** Services that hold a worker while they call each other in a ring can all wait for each other. */
function refuseRings({ services }: ShopDeclaration): void {
  const calleesOf = new Map(
    services.map(({ name, routes, consumes }) => {
      const steps = [...routes.map((route) => route.steps), consumes?.steps ?? []].flatMap(allSteps);
      return [name, new Set(steps.flatMap((step) => (step.do === "call" ? [step.service] : [])))] as const;
    }),
  );
  const done = new Set<string>();
  const visit = (name: string, way: readonly string[]): void => {
    if (way.includes(name))
      throw new SettingsError("services", [...way, name].join(" → "), "call each other in a ring");
    if (done.has(name)) return;
    for (const callee of calleesOf.get(name) ?? []) visit(callee, [...way, name]);
    done.add(name);
  };
  for (const { name } of services) visit(name, []);
}
