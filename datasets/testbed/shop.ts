import type { ServiceTime } from "./random.ts";
import type { CallStep, QueryStep, ServiceDeclaration, ShopDeclaration, Step } from "./shop-schema.ts";

/**
 * The shop: ten services, eleven service processes, an outside card gateway and a topic.
 *
 * Sized for 20 entry requests/s: pricing (2 workers) is then busy 0.42 of its limit and 0.85 at twice the load, while
 * every other station stays below 0.6.
 */
const work = (meanMilliseconds: number, cv = 0.7): Step => ({ do: "work", time: time(meanMilliseconds, cv) });
const call = (service: string, route: string, more: Partial<CallStep> = {}): Step => ({
  do: "call",
  service,
  route,
  ...more,
});
const together = (...steps: readonly Step[]): Step => ({ do: "together", steps });

function time(meanMilliseconds: number, cv: number): ServiceTime {
  return { meanSeconds: meanMilliseconds / 1000, cv };
}

function query(
  sql: string,
  collection: string,
  bind: QueryStep["bind"],
  meanMilliseconds: number,
  cv = 0.7,
): QueryStep {
  const operation = sql.slice(0, sql.indexOf(" ")) as QueryStep["operation"];
  return { do: "query", operation, collection, sql, bind, time: time(meanMilliseconds, cv) };
}

const frontend: ServiceDeclaration = {
  name: "frontend",
  replicaCount: 1,
  workerCount: 64,
  routes: [
    {
      route: "GET /product/{item}",
      steps: [
        work(6),
        together(
          call("catalog", "GET /items/{item}"),
          call("pricing", "GET /prices/{item}"),
          call("recommendations", "GET /recommendations/{item}", { optional: true }),
          call("inventory", "GET /stock/{item}"),
        ),
        call("cart", "GET /carts/{user}", { optional: true }),
      ],
    },
    {
      route: "GET /search",
      steps: [
        work(6),
        call("catalog", "GET /items"),
        together(
          call("pricing", "POST /quotes"),
          call("inventory", "GET /stock/{item}"),
          call("recommendations", "GET /recommendations/{item}", { optional: true }),
        ),
      ],
    },
    { route: "POST /checkout", steps: [work(6), call("checkout", "POST /orders")] },
  ],
};

const catalog: ServiceDeclaration = {
  name: "catalog",
  replicaCount: 2,
  workerCount: 4,
  cacheCapacity: 500,
  database: {
    namespace: "catalog",
    connectionCount: 3,
    schema:
      "CREATE TABLE products (id INTEGER PRIMARY KEY, name TEXT, words TEXT); CREATE TABLE media (id INTEGER PRIMARY KEY, product INTEGER, url TEXT); CREATE INDEX media_product ON media (product)",
    seedStatements: [
      "INSERT INTO products SELECT ?1, 'item ' || ?1, 'red green blue'",
      "INSERT INTO media (product, url) SELECT ?1, '/media/' || ?1",
    ],
  },
  routes: [
    {
      route: "GET /items/{item}",
      steps: [
        work(8),
        {
          do: "cached",
          onMiss: [
            query("SELECT name FROM products WHERE id = ?", "products", ["item"], 8),
            query("SELECT url FROM media WHERE product = ?", "media", ["item"], 7),
          ],
        },
      ],
    },
    {
      route: "GET /items",
      steps: [
        work(8),
        query("SELECT id FROM products WHERE id > ? LIMIT 10", "products", ["item"], 12),
        query("SELECT count(*) FROM media WHERE product BETWEEN ? AND 50", "media", ["item"], 7),
      ],
    },
  ],
};

const recommendations: ServiceDeclaration = {
  name: "recommendations",
  replicaCount: 1,
  workerCount: 4,
  routes: [
    {
      route: "GET /recommendations/{item}",
      steps: [
        work(14, 0.8),
        together(
          call("catalog", "GET /items/{item}", { item: "related" }),
          call("catalog", "GET /items/{item}", { item: "related" }),
        ),
      ],
    },
  ],
};

const pricing: ServiceDeclaration = {
  name: "pricing",
  replicaCount: 1,
  workerCount: 2,
  routes: [
    { route: "GET /prices/{item}", steps: [work(43, 0.6)] },
    { route: "POST /quotes", steps: [work(43, 0.6)] },
  ],
};

const cart: ServiceDeclaration = {
  name: "cart",
  replicaCount: 1,
  workerCount: 3,
  database: {
    namespace: "carts",
    connectionCount: 3,
    schema:
      "CREATE TABLE carts (id INTEGER PRIMARY KEY, touched INTEGER); CREATE TABLE lines (cart INTEGER, item INTEGER)",
    seedStatements: ["INSERT INTO carts VALUES (?, 0)"],
  },
  routes: [
    {
      route: "GET /carts/{user}",
      steps: [
        work(7),
        query("SELECT touched FROM carts WHERE id = ?", "carts", ["user"], 5),
        query("SELECT count(*) FROM lines WHERE cart = ?", "lines", ["user"], 5),
      ],
    },
    {
      route: "DELETE /carts/{user}",
      steps: [work(5), query("DELETE FROM lines WHERE cart = ?", "lines", ["user"], 6)],
    },
  ],
};

const checkout: ServiceDeclaration = {
  name: "checkout",
  replicaCount: 1,
  workerCount: 6,
  routes: [
    {
      route: "POST /orders",
      steps: [
        work(7),
        call("cart", "GET /carts/{user}"),
        call("pricing", "POST /quotes"),
        call("inventory", "POST /reservations"),
        call("payment", "POST /charges"),
        { do: "publish", topic: "orders" },
        call("cart", "DELETE /carts/{user}", { optional: true }),
      ],
    },
  ],
};

const payment: ServiceDeclaration = {
  name: "payment",
  replicaCount: 1,
  workerCount: 2,
  database: {
    namespace: "payments",
    connectionCount: 2,
    schema: "CREATE TABLE charges (id INTEGER PRIMARY KEY, account INTEGER)",
    seedStatements: [],
  },
  routes: [
    {
      route: "POST /charges",
      steps: [
        work(8),
        { do: "external", peer: "card-gateway", path: "/authorize" },
        query("INSERT INTO charges (account) VALUES (?)", "charges", ["user"], 5),
      ],
    },
  ],
};

const inventory: ServiceDeclaration = {
  name: "inventory",
  replicaCount: 1,
  workerCount: 4,
  database: {
    namespace: "inventory",
    connectionCount: 2,
    schema:
      "CREATE TABLE stock (id INTEGER PRIMARY KEY, amount INTEGER); CREATE TABLE reservations (id INTEGER PRIMARY KEY, account INTEGER)",
    seedStatements: ["INSERT INTO stock VALUES (?, 1000000)"],
  },
  routes: [
    {
      route: "GET /stock/{item}",
      steps: [work(8), query("SELECT amount FROM stock WHERE id = ?", "stock", ["item"], 11)],
    },
    {
      route: "POST /reservations",
      steps: [
        work(8),
        {
          do: "each-line",
          steps: [
            query("SELECT amount FROM stock WHERE id = ?", "stock", ["item"], 11),
            query("UPDATE stock SET amount = amount - 1 WHERE id = ?", "stock", ["item"], 9),
          ],
        },
        query("INSERT INTO reservations (account) VALUES (?)", "reservations", ["user"], 9),
      ],
    },
    {
      route: "POST /commits",
      steps: [work(6), query("DELETE FROM reservations WHERE account = ?", "reservations", ["user"], 9)],
    },
  ],
};

const fulfilment: ServiceDeclaration = {
  name: "fulfilment",
  replicaCount: 1,
  workerCount: 2,
  routes: [],
  consumes: {
    topic: "orders",
    group: "fulfilment",
    steps: [work(90), call("inventory", "POST /commits"), call("shipping", "POST /parcels")],
  },
};

const shipping: ServiceDeclaration = {
  name: "shipping",
  replicaCount: 1,
  workerCount: 3,
  database: {
    namespace: "shipping",
    connectionCount: 2,
    schema: "CREATE TABLE parcels (id INTEGER PRIMARY KEY, account INTEGER)",
    seedStatements: [],
  },
  routes: [
    {
      route: "POST /parcels",
      steps: [work(18), query("INSERT INTO parcels (account) VALUES (?)", "parcels", ["user"], 6)],
    },
  ],
};

export const SHOP: ShopDeclaration = {
  name: "shop",
  ratePerSecond: 20,
  entryService: "frontend",
  entries: [
    { route: "GET /product/{item}", share: 0.6 },
    { route: "GET /search", share: 0.25 },
    { route: "POST /checkout", share: 0.15 },
  ],
  services: [frontend, catalog, recommendations, pricing, cart, checkout, payment, inventory, fulfilment, shipping],
  externals: [{ peer: "card-gateway", port: 8443, slotCount: 16, time: time(35, 0.6) }],
  itemCount: 2000,
  userCount: 2000,
  popularity: 1,
  linesPerOrder: [1, 3],
  bottleneck: "pricing/workers",
};
