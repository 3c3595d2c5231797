import { describe, expect, it } from "vitest";
import { type Link, layoutMap, routeKey } from "./map-layout";

const SIZE = { width: 100, height: 40, gapX: 60, gapY: 20 };
const link = (source: string, target: string): Link => ({ source, target, weight: 1 });

const layersOf = (ids: string[], links: Link[]): Record<string, number> =>
  Object.fromEntries([...layoutMap(ids, links, SIZE).places].map(([id, one]) => [id, one.layer]));

describe("layoutMap", () => {
  it("puts callers left of what they call, by the longest way", () => {
    const links = [link("web", "api"), link("api", "db"), link("web", "db")];
    expect(layersOf(["db", "api", "web"], links)).toEqual({ web: 0, api: 1, db: 2 });
  });

  it("cuts cycles and calls to oneself", () => {
    const links = [link("a", "b"), link("b", "c"), link("c", "a"), link("b", "b")];
    expect(layersOf(["a", "b", "c"], links)).toEqual({ a: 0, b: 1, c: 2 });
  });

  it("orders a layer so that links do not cross", () => {
    const links = [link("a", "d"), link("b", "c"), link("root", "a"), link("root", "b")];
    const { places } = layoutMap(["root", "a", "b", "c", "d"], links, SIZE);
    const y = (id: string): number => places.get(id)?.y ?? -1;
    expect(y("a") < y("b")).toBe(y("d") < y("c"));
  });

  it("leads a link between the nodes of the layers that it passes", () => {
    const long = link("web", "db");
    const links = [link("web", "api"), link("api", "orders"), link("orders", "db"), long];
    const { places, routes } = layoutMap(["web", "api", "orders", "db"], links, SIZE);
    const route = routes.get(routeKey(long)) ?? [];
    expect(route.map((point) => point.x)).toEqual([160, 260, 320, 420]);
    for (const id of ["api", "orders"]) {
      const top = places.get(id)?.y ?? 0;
      for (const { y } of route) expect(y < top || y > top + SIZE.height).toBe(true);
    }
    expect([...places.keys()].sort()).toEqual(["api", "db", "orders", "web"]);
  });

  it("keeps nodes apart and within its size", () => {
    const { places, width, height } = layoutMap(["a", "b", "c"], [], SIZE);
    expect([...places.values()].map((one) => one.y)).toEqual([0, 60, 120]);
    expect([width, height]).toEqual([100, 160]);
    expect(layoutMap([], [], SIZE).places.size).toBe(0);
  });
});
