import { describe, expect, test } from "vitest";
import { scrapeTargetOf } from "../../src/telemetry/prometheus/scrape-target.ts";
import { scrapedMetrics } from "../../src/telemetry/prometheus/scraped-metrics.ts";
import type { TextFormat } from "../../src/telemetry/prometheus/text-format.ts";
import { pointsOf } from "./batch-views.ts";

const SCRAPED_SECONDS = 1_750_000_000;

function scraped(text: string, target = "cart@cart-1=10.0.0.7:9464", format: TextFormat = "prometheus") {
  return pointsOf(scrapedMetrics(text, format, scrapeTargetOf(target)!, SCRAPED_SECONDS, 1000).body);
}

describe("of what a target tells", () => {
  test("request durations become the histogram of the conventions, labels that do not matter added up", () => {
    const points = scraped(`# TYPE http_server_requests_seconds summary
http_server_requests_seconds_count{method="GET",uri="/cart/{id}",status="200",exception="None"} 10
http_server_requests_seconds_sum{method="GET",uri="/cart/{id}",status="200",exception="None"} 2.5
http_server_requests_seconds_count{method="GET",uri="/cart/{id}",status="200",exception="Odd"} 1
http_server_requests_seconds_sum{method="GET",uri="/cart/{id}",status="200",exception="Odd"} 0.5
http_server_requests_seconds_max{method="GET",uri="/cart/{id}",status="200",exception="None"} 0.7
`);
    expect(points).toEqual([
      {
        name: "http.server.request.duration",
        unit: "s",
        service: "cart",
        instance: "cart-1",
        attributes: "http.request.method=GET,http.response.status_code=200,http.route=/cart/{id}",
        timeSeconds: SCRAPED_SECONDS,
        value: 3,
        count: 11,
        cumulative: true,
      },
    ]);
  });

  test("the same thing said by two names is taken once, from the better one", () => {
    const text = `http_requests_total{method="GET",path="/"} 7
http_request_duration_seconds_count{method="GET",route="/"} 7
process_cpu_seconds_total 4
process_cpu_time_seconds_total{cpu_mode="user"} 3
process_cpu_time_seconds_total{cpu_mode="system"} 1
`;
    const points = scraped(text);
    expect(points.map(({ name, attributes, value, count }) => [name, attributes, value, count])).toEqual([
      ["http.server.request.duration", "http.request.method=GET,http.route=/", 0, 7],
      ["process.cpu.time", "cpu.mode=user", 3, 1],
      ["process.cpu.time", "cpu.mode=system", 1, 1],
    ]);
    expect(scraped(text.split("\n")[0]!).map(({ count }) => count)).toEqual([7]);
  });

  test("limits of CPUs and pools keep the labels that tell them apart", () => {
    const points = scraped(`executor_pool_max_threads{name="a"} 8
executor_pool_max_threads{name="b"} 4
checkout_worker_pool_limit 16
system_cpu_count 2
hikaricp_connections_active{pool="main"} 3
hikaricp_connections_idle{pool="main"} 7
`);
    expect(points.map(({ name, attributes, value, cumulative }) => [name, attributes, value, cumulative])).toEqual([
      ["executor.pool.max", "name=a", 8, false],
      ["executor.pool.max", "name=b", 4, false],
      ["checkout.worker_pool.limit", "", 16, false],
      ["system.cpu.logical.count", "", 2, false],
      ["db.client.connection.count", "db.client.connection.state=used,pool=main", 3, false],
      ["db.client.connection.count", "db.client.connection.state=idle,pool=main", 7, false],
    ]);
  });

  test("containers are of their own pods, whatever the target is called", () => {
    const points =
      scraped(`container_cpu_usage_seconds_total{container="cart",pod="cart-7f",cpu="total"} 12 1750000001000
container_cpu_usage_seconds_total{container="",pod="cart-7f"} 14
container_cpu_usage_seconds_total{container="POD",pod="cart-7f"} 1
kube_pod_container_resource_limits{container="cart",pod="cart-7f",resource="cpu"} 2
kube_pod_container_resource_limits{container="cart",pod="cart-7f",resource="memory"} 1e9
`);
    expect(
      points.map(({ name, service, instance, value, timeSeconds }) => [name, service, instance, value, timeSeconds]),
    ).toEqual([
      ["container.cpu.time", "cart", "cart-7f", 12, 1_750_000_001],
      ["k8s.container.cpu.limit", "cart", "cart-7f", 2, SCRAPED_SECONDS],
    ]);
  });

  test.each([
    ["shop:9464", `target_info{service_name="cart",service_instance_id="c-1"} 1`, "cart", "c-1"],
    ["shop:9464", "", "shop", "shop:9464"],
    ["cart=shop:9464", "", "cart", "shop:9464"],
    ["cart@c-2=shop:9464", `target_info{service_name="x",service_instance_id="c-1"} 1`, "cart", "c-2"],
  ])("the target %s with %j is of the service %s, copy %s", (target, info, service, instance) => {
    const points = scraped(`${info}\nprocess_cpu_seconds_total 1\n`, target);
    expect([points[0]!.service, points[0]!.instance]).toEqual([service, instance]);
  });

  test("everything else is passed over, and so are numbers that are none", () => {
    expect(scraped('go_goroutines 9\nprocess_cpu_usage NaN\nhttp_request_duration_seconds_bucket{le="1"} 3\n')).toEqual(
      [],
    );
  });

  test("more series than allowed are not taken, nor is a text that is no exposition", () => {
    const target = scrapeTargetOf("a:1")!;
    const text = "process_cpu_usage 1\n".repeat(3);
    expect(() => scrapedMetrics(text, "prometheus", target, 1, 2)).toThrow(/more than 2 series/);
    expect(() => scrapedMetrics("<html>", "prometheus", target, 1, 2)).toThrow(/^line 1: /);
  });
});

describe("a target is written", () => {
  test.each([
    ["10.0.0.7:9464", "http://10.0.0.7:9464/metrics", "10.0.0.7:9464", null, null],
    ["shop:80", "http://shop/metrics", "shop:80", null, null],
    ["cart=shop:9464/actuator/prometheus", "http://shop:9464/actuator/prometheus", "shop:9464", "cart", null],
    ["cart@c-1=https://shop/m?x=1", "https://shop/m?x=1", "shop:443", "cart", "c-1"],
    ["[::1]:9464", "http://[::1]:9464/metrics", "[::1]:9464", null, null],
  ])("%s", (text, url, address, service, instance) => {
    expect(scrapeTargetOf(text)).toMatchObject({ url, address, service, instance });
  });

  test.each([
    "",
    "shop",
    "shop:",
    "=shop:1",
    "http://",
    "ftp://shop:1",
    "http://user:secret@shop:1",
    "a b:1",
    "shop:99999",
  ])("not %j", (text) => {
    expect(scrapeTargetOf(text)).toBeNull();
  });
});
