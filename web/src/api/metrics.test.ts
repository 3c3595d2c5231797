import { describe, expect, it } from "vitest";
import { parseSample, toColumns } from "./metrics";

describe("toColumns", () => {
  const matrix = {
    resultType: "matrix" as const,
    result: [
      {
        metric: { job: "a" },
        values: [
          [10, "1"],
          [30, "3"],
        ] as [number, string][],
      },
      { metric: { job: "b" }, values: [[20, "NaN"]] as [number, string][] },
    ],
  };
  it("puts each sample on its step and leaves gaps as null, never zero", () => {
    const columns = toColumns(matrix, 10_000, 30_000, 10_000);
    expect(columns.timesMs).toEqual([10_000, 20_000, 30_000]);
    expect(columns.series.map((s) => s.values)).toEqual([
      [1, null, 3],
      [null, null, null],
    ]);
    expect(columns.samples).toBe(3);
  });
  it("drops what lies outside", () => {
    expect(toColumns(matrix, 20_000, 20_000, 10_000).series[0]?.values).toEqual([null]);
  });
});

it("reads Prometheus's numbers", () => {
  expect(["1.5", "+Inf", "-Inf", "NaN"].map(parseSample)).toEqual([1.5, Infinity, -Infinity, NaN]);
});
