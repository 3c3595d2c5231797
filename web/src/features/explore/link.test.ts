import { describe, expect, it } from "vitest";
import {
  converted,
  isForeign,
  isolated,
  isShown,
  newQuery,
  queriesOf,
  queryPatch,
  seriesKey,
  stepOf,
  toggled,
} from "./link";

/** An address after a patch. */
const put = (
  search: Record<string, string>,
  patch: Record<string, string | undefined>,
): Record<string, string> =>
  Object.fromEntries(
    Object.entries({ ...search, ...patch }).filter(
      (pair): pair is [string, string] => pair[1] !== undefined && pair[1] !== "",
    ),
  );

describe("the address of queries", () => {
  it("holds each query whole, and gives it back", () => {
    const queries = [
      { ...newQuery("up"), stepMs: 60_000, hidden: ["a1", "b2"] },
      { ...newQuery("rate(x[5m])"), isOff: true, only: ["c3"] },
    ];
    const search = put(
      { from: "now-1h", "p4.expr": "gone" },
      queryPatch({ "p4.expr": "gone" }, queries),
    );
    expect(search).toEqual({
      from: "now-1h",
      "p0.expr": "up",
      "p0.step": "1m",
      "p0.hide": "a1,b2",
      "p1.expr": "rate(x[5m])",
      "p1.off": "1",
      "p1.only": "c3",
    });
    expect(queriesOf(search)).toEqual(queries);
  });

  it("has one empty query where there is none, in order and without holes", () => {
    expect(queriesOf({})).toEqual([newQuery()]);
    expect(queriesOf({ "p10.expr": "b", "p2.expr": "a" }).map((one) => one.expr)).toEqual([
      "a",
      "b",
    ]);
  });

  it("keeps the place of a query that is still to be written", () => {
    const search = put({}, queryPatch({}, [newQuery("up"), newQuery()]));
    expect(queriesOf(search)).toHaveLength(2);
  });

  it("reads steps as seconds or durations; nonsense is automatic", () => {
    expect(stepOf("15")).toBe(15_000);
    expect(stepOf("5m")).toBe(300_000);
    expect(stepOf("often")).toBeNull();
    expect(stepOf("0")).toBeNull();
    expect(stepOf(undefined)).toBeNull();
  });
});

describe("links of Prometheus's own page", () => {
  const theirs = {
    "g0.expr": "rate(http_requests_total[5m])",
    "g0.tab": "0",
    "g0.range_input": "6h",
    "g0.end_input": "2026-11-20 10:34:00",
    "g0.step_input": "60",
    "g1.expr": "up",
  };

  it("are known by their names", () => {
    expect(isForeign(theirs)).toBe(true);
    expect(isForeign({ "p0.expr": "up" })).toBe(false);
  });

  it("become ours: queries, step and range; nothing of theirs stays", () => {
    const search = put(theirs, converted(theirs));
    expect(search).toEqual({
      "p0.expr": "rate(http_requests_total[5m])",
      "p0.step": "1m",
      "p1.expr": "up",
      from: "2026-11-20T04:34:00.000Z",
      to: "2026-11-20T10:34:00.000Z",
    });
  });

  it("without an end are about now", () => {
    const search = { "g0.expr": "up", "g0.tab": "1", "g0.range_input": "2d" };
    expect(put(search, converted(search))).toEqual({
      "p0.expr": "up",
      from: "now-2d",
      tab: "table",
    });
  });
});

describe("series that are drawn", () => {
  const query = newQuery("up");

  it("are one after a click, and all after a second", () => {
    const one = isolated(query, "a");
    expect([isShown(one, "a"), isShown(one, "b")]).toEqual([true, false]);
    expect(isShown(isolated(one, "a"), "b")).toBe(true);
  });

  it("are hidden and shown again by Ctrl click", () => {
    const without = toggled(query, "a");
    expect([isShown(without, "a"), isShown(without, "b")]).toEqual([false, true]);
    expect(isShown(toggled(without, "a"), "a")).toBe(true);
  });

  it("join an isolated one by Ctrl click", () => {
    const two = toggled(isolated(query, "a"), "b");
    expect(["a", "b", "c"].map((key) => isShown(two, key))).toEqual([true, true, false]);
  });

  it("have marks of their own", () => {
    const names = Array.from({ length: 500 }, (_, i) => `up{instance="web-${i}"}`);
    expect(new Set(names.map(seriesKey)).size).toBe(500);
    expect(seriesKey("up")).toMatch(/^[0-9a-z]{1,7}$/);
  });
});
