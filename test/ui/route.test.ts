import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { parseRoute, type Route, routeHref } from "../../ui/state/route.ts";

const name = fc.string({ unit: "grapheme", minLength: 1, maxLength: 24 });

const route: fc.Arbitrary<Route> = fc.oneof(
  fc.record({
    page: fc.constant("home" as const),
    state: fc.constantFrom("all", "open", "resolved"),
    verdict: fc.constantFrom("all", "fault", "traffic"),
    node: fc.option(name),
  }),
  fc.record({ page: fc.constant("incident" as const), id: name, series: fc.constantFrom("node", "0", "3") }),
  fc.record({
    page: fc.constant("service" as const),
    node: name,
    range: fc.constantFrom("5m", "15m", "1h", "3h", "12h"),
  }),
  fc.record({ page: fc.constant("trace" as const), traceId: name }),
  fc.constant({ page: "model" as const }),
  fc.constant({ page: "quality" as const }),
);

describe("addresses", () => {
  test("every page comes back from its own address, whatever services are called", () => {
    fc.assert(
      fc.property(route, (one) => {
        expect(parseRoute(routeHref(one))).toEqual(one);
      }),
    );
  });

  test("the bare page is the incident list without filters", () => {
    for (const address of ["", "#", "#/"])
      expect(parseRoute(address)).toEqual({ page: "home", state: "all", verdict: "all", node: null });
  });

  test("a filter nobody knows falls back to all, an unknown path is said to be unknown", () => {
    expect(parseRoute("#/?state=broken&verdict=fault")).toMatchObject({ state: "all", verdict: "fault" });
    expect(parseRoute("#/services/x?range=9y")).toMatchObject({ range: "15m" });
    expect(parseRoute("#/incidents/x?series=__proto__")).toMatchObject({ series: "node" });
    expect(parseRoute("#/nowhere/at/all")).toEqual({ page: "unknown", path: "nowhere/at/all" });
    expect(parseRoute("#/services/")).toMatchObject({ page: "unknown" });
  });

  test("no typed address can break the page", () => {
    fc.assert(
      fc.property(fc.string(), (text) => {
        expect(routeHref(parseRoute(`#/${text}`))).toMatch(/^#\//);
      }),
    );
    expect(parseRoute("#/services/100%")).toMatchObject({ node: "100%" });
  });
});
