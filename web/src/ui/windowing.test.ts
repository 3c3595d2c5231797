import { describe, expect, it } from "vitest";
import { offsetsOf, windowIn } from "./windowing";

describe("windowIn", () => {
  const offsets = offsetsOf([20, 100, 20, 20, 20]);
  it("sees the rows that reach into the stretch", () => {
    expect([...offsets]).toEqual([0, 20, 120, 140, 160, 180]);
    expect(windowIn(offsets, 30, 130)).toEqual([1, 3]);
    expect(windowIn(offsets, 120, 121)).toEqual([2, 3]);
  });
  it("stays within the list", () => {
    expect(windowIn(offsets, -400, 10)).toEqual([0, 1]);
    expect(windowIn(offsets, 170, 9_999)).toEqual([4, 5]);
    expect(windowIn(offsetsOf([]), 0, 500)).toEqual([0, 0]);
  });
});
