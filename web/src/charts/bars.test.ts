import { describe, expect, it } from "vitest";
import { coarser } from "./bars";

describe("coarser", () => {
  it("adds neighbours up until there is room, and loses none", () => {
    const found = coarser([0, 10, 20, 30, 40], [[1, 2, 3, 4, 5]], 2);
    expect(found.timesMs).toEqual([0, 30]);
    expect(found.columns).toEqual([[6, 9]]);
  });
  it("leaves what fits as it is", () => {
    const times = [0, 10];
    expect(coarser(times, [[1, 2]], 2).timesMs).toBe(times);
  });
});
