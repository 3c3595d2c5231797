import { describe, expect, it } from "vitest";
import {
  ancestors,
  childRows,
  extentOf,
  gapsOf,
  lanesFor,
  type Rows,
  rulerTicks,
  visibleRows,
  windowOf,
} from "./tree";

const MS = 1e6;

//  0 (0–100 ms)
//  ├─ 1 (10–40) ── 2 (15–20)
//  └─ 3 (60–90)
const plain: Rows = {
  parent: [-1, 0, 1, 0],
  depth: [0, 1, 2, 1],
  descendants: [3, 1, 0, 0],
  start_ns: [0, 10 * MS, 15 * MS, 60 * MS],
  duration_ns: [100 * MS, 30 * MS, 5 * MS, 30 * MS],
};

const one = (start: number, length: number): Rows => ({
  parent: [-1],
  depth: [0],
  descendants: [0],
  start_ns: [start],
  duration_ns: [length],
});

const none: Rows = { parent: [], depth: [], descendants: [], start_ns: [], duration_ns: [] };

describe("visibleRows", () => {
  it("leaves out what is folded away", () => {
    expect([...visibleRows(plain, new Set())]).toEqual([0, 1, 2, 3]);
    expect([...visibleRows(plain, new Set([1]))]).toEqual([0, 1, 3]);
    expect([...visibleRows(plain, new Set([0]))]).toEqual([0]);
  });
  it("keeps to the subtree in focus", () => {
    expect([...visibleRows(plain, new Set(), 1)]).toEqual([1, 2]);
  });
  it("takes a trace without spans", () => {
    expect([...visibleRows(none, new Set())]).toEqual([]);
  });
});

describe("the tree", () => {
  it("knows what is above and right below a row", () => {
    expect(ancestors(plain, 2)).toEqual([1, 0]);
    expect(childRows(plain, 0)).toEqual([1, 3]);
    expect(childRows(plain, 3)).toEqual([]);
  });
});

describe("gapsOf", () => {
  it("names what no child covers", () => {
    expect(gapsOf(plain, 0)).toEqual([
      { from: 0, to: 10 * MS },
      { from: 40 * MS, to: 60 * MS },
      { from: 90 * MS, to: 100 * MS },
    ]);
    expect(gapsOf(plain, 3)).toEqual([]);
  });
  it("does not count what lies beyond the end of the span", () => {
    const late: Rows = {
      ...plain,
      parent: [-1, 0],
      descendants: [1, 0],
      start_ns: [0, 120 * MS],
      duration_ns: [100 * MS, 50 * MS],
    };
    expect(gapsOf(late, 0)).toEqual([{ from: 0, to: 100 * MS }]);
  });
});

describe("extentOf", () => {
  it("reaches from the first start to the last end, and is never empty", () => {
    expect(extentOf(plain)).toEqual({ from: 0, to: 100 * MS });
    expect(extentOf(one(-5, 30))).toEqual({ from: -5, to: 25 });
    expect(extentOf(one(7, 0))).toEqual({ from: 7, to: 8 });
    expect(extentOf(none)).toEqual({ from: 0, to: 1 });
  });
});

describe("rulerTicks", () => {
  it("are round and far enough apart", () => {
    expect(rulerTicks({ from: 0, to: 1000 }, 500)).toEqual([0, 200, 400, 600, 800, 1000]);
    expect(rulerTicks({ from: 130, to: 190 }, 300)).toEqual([140, 160, 180]);
    expect(rulerTicks({ from: 0, to: 0 }, 900)).toEqual([]);
  });
});

describe("windowOf", () => {
  it("draws what is seen and a few rows more, within the list", () => {
    expect(windowOf(2400, 480, 24, 10_000, 10)).toEqual([90, 130]);
    expect(windowOf(0, 480, 24, 5, 10)).toEqual([0, 5]);
    expect(windowOf(99_999, 480, 24, 5, 10)).toEqual([5, 5]);
  });
});

describe("lanesFor", () => {
  it("puts spans that run at once below each other", () => {
    const rows: Rows = {
      parent: [-1, 0, 0, 0],
      depth: [0, 1, 1, 1],
      descendants: [3, 0, 0, 0],
      start_ns: [0, 10, 20, 60],
      duration_ns: [100, 40, 40, 10],
    };
    expect([...lanesFor(rows)]).toEqual([0, 1, 2, 1]);
  });
  it("keeps a child below its parent", () => {
    expect([...lanesFor(plain)]).toEqual([0, 1, 2, 1]);
  });
});
