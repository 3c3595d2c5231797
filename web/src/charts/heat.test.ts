import { describe, expect, it } from "vitest";
import { boundText } from "./HeatmapChart";
import { heatOfClassic, heatOfNative, isOverflow, levelOf, levelsOf, MOST_ROWS } from "./heat";

const TIMES = [0, 60_000];

describe("classic buckets", () => {
  it("are what lies between neighbours; equal bounds are summed; gaps stay gaps", () => {
    const heat = heatOfClassic(TIMES, 60_000, [
      { le: Number.POSITIVE_INFINITY, values: [10, null] },
      { le: 1, values: [4, null] },
      { le: 1, values: [2, null] },
      { le: 0.5, values: [3, null] },
    ]);
    expect(heat.counts).toEqual([
      [3, null],
      [3, null],
      [4, null],
    ]);
    expect(heat.buckets.map(isOverflow)).toEqual([true, false, true]);
  });

  it("are never less than nothing", () => {
    const heat = heatOfClassic([0], 1, [
      { le: 1, values: [5] },
      { le: 2, values: [4] },
      { le: 3, values: [4 + 1e-13] },
    ]);
    expect(heat.counts).toEqual([[5], [0], [0]]);
  });
});

describe("native histograms", () => {
  it("of several series are one", () => {
    const heat = heatOfNative(TIMES, 60_000, [
      [[{ low: 1, high: 2, count: 3 }], null],
      [
        [
          { low: 1, high: 2, count: 1 },
          { low: 2, high: 4, count: 5 },
        ],
        [],
      ],
    ]);
    expect(heat.buckets).toEqual([
      { low: 1, high: 2 },
      { low: 2, high: 4 },
    ]);
    expect(heat.counts).toEqual([
      [4, 0],
      [5, 0],
    ]);
  });

  it("with very many buckets are joined, and lose no observation", () => {
    const many = Array.from({ length: 160 }, (_, i) => ({ low: i, high: i + 1, count: 1 }));
    const heat = heatOfNative([0], 1, [[many]]);
    expect(heat.buckets.length).toBeLessThanOrEqual(MOST_ROWS);
    expect(heat.counts.reduce((sum, [one]) => sum + (one ?? 0), 0)).toBe(160);
  });
});

describe("colours", () => {
  const heatWith = (values: number[]): Parameters<typeof levelsOf>[0] => ({
    timesMs: values.map((_, i) => i),
    stepMs: 1,
    buckets: [{ low: 0, high: 1 }],
    counts: [values],
  });

  it("are even where counts are alike, and by ratio where they differ by far", () => {
    expect(levelsOf(heatWith([7, 14]))[6]).toBe(14);
    const wide = levelsOf(heatWith([1, 10, 100, 1000, 10_000]));
    expect((wide[1] ?? 0) / (wide[0] ?? 1)).toBeCloseTo((wide[2] ?? 0) / (wide[1] ?? 1));
  });

  it("give nothing to nothing, and the last one to the most", () => {
    const levels = levelsOf(heatWith([7, 14]));
    expect([0, null, 14].map((value) => levelOf(value, levels))).toEqual([0, 0, 7]);
    expect(levelsOf(heatWith([0]))).toEqual([]);
  });

  it("are not paled by one count that stands out", () => {
    const levels = levelsOf(heatWith([...Array.from({ length: 99 }, () => 10), 1e9]));
    expect(levelOf(10, levels)).toBeGreaterThan(5);
  });
});

it("bounds name their unit once", () => {
  expect(boundText({ low: 0.05, high: 0.1 }, "seconds")).toBe("50–100 ms");
  expect(boundText({ low: 0.5, high: 2 }, "seconds")).toBe("500 ms–2 s");
  expect(boundText({ low: Number.NEGATIVE_INFINITY, high: 5 }, "")).toBe("≤ 5");
  expect(boundText({ low: 10, high: Number.POSITIVE_INFINITY }, "seconds")).toBe("> 10 s");
});
