import { expect, test } from "vitest";
import { isolated, sortRows } from "./Answer";
import { find } from "./Finder";
import { parseHistory } from "./history";
import { looksOf, numbersOf, problemOf, queriesOf, queryPatch, seriesName } from "./series";

test("series are named as Prometheus names them, labels in order", () => {
  expect(seriesName({ __name__: "up", job: "b", instance: "a" })).toBe('up{instance="a", job="b"}');
  expect(seriesName({ __name__: "up" })).toBe("up");
  expect(seriesName({})).toBe("{}");
});

test("gaps count for nothing", () => {
  expect(numbersOf([null, 1, null, 3, null])).toEqual({ last: 3, min: 1, mean: 2, max: 3 });
  expect(numbersOf([null]).mean).toBeNull();
});

test("eight series have eight colours, and the first of them keeps its own", () => {
  const names = Array.from({ length: 9 }, (_, i) => `series ${i}`);
  const looks = looksOf(names);
  expect(new Set(looks.slice(0, 8).map((one) => one.color)).size).toBe(8);
  expect(looks[0]).toEqual(looksOf([names[0] ?? ""])[0]);
  expect(looks[8]?.dash).not.toEqual([]);
});

test("the place of an error is read", () => {
  expect(problemOf("1:5: parse error: unclosed left parenthesis")).toEqual({
    line: 1,
    column: 5,
    text: "unclosed left parenthesis",
  });
  expect(problemOf("query timed out")).toBeNull();
});

test("queries of the address, and back", () => {
  const search = { "p1.expr": "b", "p0.expr": "a", tab: "table" };
  expect(queriesOf(search)).toEqual(["a", "b"]);
  expect(queriesOf({})).toEqual([""]);
  expect(queryPatch(search, ["c"])).toEqual({ "p0.expr": "c", "p1.expr": undefined });
});

test("a kept history that is no list is none", () => {
  expect(parseHistory('["up", 7]')).toEqual(["up"]);
  expect(parseHistory("{")).toEqual([]);
  expect(parseHistory(null)).toEqual([]);
});

test("series without a value sort last in both directions", () => {
  const rows = [null, 1, 2].map((last, i) => ({
    name: `${i}`,
    last,
    min: last,
    mean: last,
    max: last,
  }));
  expect(sortRows(rows, "last", true).map((one) => one.name)).toEqual(["1", "2", "0"]);
  expect(sortRows(rows, "last", false).map((one) => one.name)).toEqual(["2", "1", "0"]);
});

test("a click leaves one series, a second brings all back", () => {
  const rows = [{ name: "a" }, { name: "b" }, { name: "c" }];
  const only = isolated(new Set(), rows, "b");
  expect([...only]).toEqual(["a", "c"]);
  expect(isolated(only, rows, "b").size).toBe(0);
});

test("metrics are found by every word, in the name or the help", () => {
  const all = [
    { name: "http_requests_total", type: "counter", help: "Requests served", unit: "" },
    { name: "up", type: "gauge", help: "Whether the target answers", unit: "" },
  ];
  expect(find(all, "SERVED http").map((one) => one.name)).toEqual(["http_requests_total"]);
  expect(find(all, "")).toHaveLength(2);
});
