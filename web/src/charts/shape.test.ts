import { describe, expect, it } from "vitest";
import {
  assignSlots,
  breakGaps,
  dashFor,
  lonePoints,
  sentence,
  stack,
  toCsv,
  usualStep,
  yRange,
} from "./shape";

describe("gaps", () => {
  it("breaks the line in holes wider than 2.5 steps only", () => {
    const made = breakGaps([0, 10, 30, 60], [[1, 2, 3, 4]], 10);
    expect(made).toEqual({ timesMs: [0, 10, 30, 40, 60], columns: [[1, 2, 3, null, 4]] });
  });
  it("finds points that no line reaches", () => {
    expect(
      lonePoints([0, 10, 20, 30, 40, 50, 60, 70], [1, 2, null, null, null, 5, null, null], 10),
    ).toEqual([5]);
    expect(lonePoints([0, 10, 20], [1, null, 3], 10)).toEqual([]);
    expect(lonePoints([0], [7], 10)).toEqual([0]);
  });
  it("takes the median distance as the step", () => {
    expect(usualStep([0, 10, 20, 500, 510])).toBe(10);
  });
});

describe("yRange", () => {
  it("starts at 0 and leaves air", () => expect(yRange([[0, 100]])).toEqual([0, 112]));
  it("shows a limit within twice the data, and no farther one", () => {
    expect(yRange([[1, 100]], [180])[1]).toBeGreaterThan(180);
    expect(yRange([[1, 100]], [900])[1]).toBe(112);
  });
  it("draws a flat zero with room above", () => expect(yRange([[0, 0]])).toEqual([0, 1]));
  it("may leave 0 for lines", () => expect(yRange([[100, 110]], [], false)[0]).toBeGreaterThan(90));
  it("has a range without data", () => expect(yRange([[null]])).toEqual([0, 1]));
});

describe("series", () => {
  it("stacks, and keeps a gap a gap", () => {
    expect(
      stack([
        [1, null, null],
        [2, 3, null],
      ]),
    ).toEqual([
      [1, null, null],
      [3, 3, null],
    ]);
  });
  it("gives a label the same slot whatever stands beside it, unless taken", () => {
    const alone = assignSlots(["job=api"])[0];
    expect(assignSlots(["job=api", "job=web"])[0]).toBe(alone);
    expect(new Set(assignSlots(["a", "b", "c", "d", "e", "f", "g", "h"])).size).toBe(8);
    expect(assignSlots(Array.from({ length: 20 }, (_, i) => `s${i}`))).toHaveLength(20);
  });
  it("adds dashes only above four lines", () => {
    expect(dashFor(3, 4)).toEqual([]);
    expect(dashFor(3, 6)).toEqual([6, 3]);
  });
});

it("says in words what the chart shows", () => {
  const series = [{ label: "api", values: [0.01, null, 0.23] }];
  expect(sentence("Failed payments", "ratio", series, "last 6 h")).toBe(
    "Failed payments, last 6 h: from 1.00 % to 23.0 %, last 23.0 %.",
  );
  expect(sentence("X", "", [{ label: "a", values: [null] }], "last 1 h")).toBe(
    "X, last 1 h: no data.",
  );
});

it("writes CSV with empty fields for gaps", () => {
  expect(toCsv([0, 1000], [{ label: 'a,"b"', values: [1, null] }])).toBe(
    'time,"a,""b"""\n1970-01-01T00:00:00.000Z,1\n1970-01-01T00:00:01.000Z,',
  );
});
