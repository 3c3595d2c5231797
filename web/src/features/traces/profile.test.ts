import { describe, expect, it } from "vitest";
import type { ProfileFlame } from "@/api/performance";
import { flameOf, functionCosts } from "./profile";

// root ─ main(10) ─┬ b(3) ─ main(1)
//                  └ a(6)
const profile = {
  nodes: {
    frame: [-1, 0, 2, 0, 1],
    parent: [-1, 0, 1, 2, 1],
    depth: [0, 1, 2, 3, 2],
    value: [10, 10, 3, 1, 6],
    own: [0, 1, 2, 1, 6],
  },
} as unknown as ProfileFlame;

describe("flameOf", () => {
  it("lays children side by side, the heaviest first", () => {
    const { from, to } = flameOf(profile);
    expect(Array.from(from)).toEqual([0, 0, 6, 6, 0]);
    expect(Array.from(to)).toEqual([10, 10, 9, 7, 6]);
  });
});

describe("functionCosts", () => {
  it("counts a function once, of recursive calls the outermost", () => {
    expect(functionCosts(profile)).toEqual([
      { frame: 1, own: 6, total: 6 },
      { frame: 0, own: 2, total: 10 },
      { frame: 2, own: 2, total: 3 },
    ]);
  });
});
