import { expect, test } from "vitest";
import { parseHistory } from "./history";
import {
  looksOf,
  noteOf,
  numbersOf,
  problemOf,
  seriesName,
  sortRows,
  traceOf,
  varyingLabels,
} from "./series";

test("series are named as Prometheus names them, labels in order", () => {
  expect(seriesName({ __name__: "up", job: "b", instance: "a" })).toBe('up{instance="a", job="b"}');
  expect(seriesName({ __name__: "up" })).toBe("up");
  expect(seriesName({})).toBe("{}");
});

test("only labels that differ, or that some lack, tell series apart", () => {
  const all = [
    { job: "a", env: "p", zone: "1" },
    { job: "b", env: "p" },
  ];
  expect(varyingLabels(all)).toEqual(["job", "zone"]);
  expect(varyingLabels([{ job: "a" }])).toEqual([]);
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

test("the place of a note is read", () => {
  expect(noteOf("PromQL info: metric might not be a counter (1:6)")).toEqual({
    line: 1,
    column: 6,
    text: "metric might not be a counter",
  });
  expect(noteOf("results truncated due to limit")).toEqual({
    text: "results truncated due to limit",
  });
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

test("an exemplar leads to the trace that it names, however its library writes it", () => {
  const id = "4bf92f3577b34da6a3ce929d0e0e4736";
  expect(traceOf({ trace_id: id, span_id: "00f067aa0ba902b7" })).toBe(id);
  expect(traceOf({ traceID: id.toUpperCase() })).toBe(id);
  expect(traceOf({ TraceId: "00f067aa0ba902b7" })).toBe("000000000000000000f067aa0ba902b7");
  expect(traceOf({ trace_id: "order 4821" })).toBeNull();
  expect(traceOf({ user: "7" })).toBeNull();
});
