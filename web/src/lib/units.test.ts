import { describe, expect, it } from "vitest";
import {
  axisLabels,
  bytes,
  coarse,
  compact,
  duration,
  percent,
  rate,
  show,
  showText,
  significant,
} from "./units";

describe("duration", () => {
  it.each([
    [0, "0 ms"],
    [0.25, "250 µs"],
    [84, "84 ms"],
    [1920, "1.92 s"],
    [3000, "3 s"],
    [193_000, "3 min 13 s"],
    [180_000, "3 min"],
    [187_200_000, "2 d 4 h"],
    [Number.NaN, "–"],
  ])("%d ms reads %s", (ms, text) => expect(duration(ms)).toBe(text));
});

describe("numbers", () => {
  it("keeps three significant figures", () => {
    expect([412.34, 23.146, 2.3149, 0.0421, 1284, 0].map(significant)).toEqual([
      "412",
      "23.1",
      "2.31",
      "0.04",
      "1,284",
      "0",
    ]);
  });
  it("shortens from 10,000 on", () => {
    expect([9_999, 10_200, 1_200_000].map(compact)).toEqual(["9,999", "10.2 k", "1.2 M"]);
  });
  it("prints unknown as a dash, never as zero", () => {
    expect([null, undefined, Number.NaN].map((v) => showText(v, "ms"))).toEqual(["–", "–", "–"]);
    expect(showText(0, "/s")).toBe("0 /s");
  });
  it("shows ratios as per cent", () => {
    expect(percent(0.0231)).toBe("2.31 %");
    expect(percent(1)).toBe("100 %");
    expect(show(0.141, "ratio")).toEqual({ text: "14.1", unit: "%" });
  });
  it("counts bytes in powers of 1,024", () => {
    expect(bytes(512)).toEqual({ text: "512", unit: "B" });
    expect(bytes(1536)).toEqual({ text: "1.50", unit: "KiB" });
    expect(bytes(1.298)).toEqual({ text: "1.30", unit: "B" });
    expect(showText(3 * 1024 ** 3, "bytes")).toBe("3 GiB");
  });
  it("names the coarsest unit of an age", () => {
    expect([12_000, 1_380_000, 172_900_000].map(coarse)).toEqual(["12 s", "23 min", "2 d"]);
  });
});

describe("axisLabels", () => {
  it("gives all ticks the same decimals", () => {
    expect(axisLabels([0, 0.5, 1], "")).toEqual(["0.0", "0.5", "1.0"]);
    expect(axisLabels([0, 0.02, 0.04], "ratio")).toEqual(["0 %", "2 %", "4 %"]);
    expect(axisLabels([0, 20_000], "")).toEqual(["0", "20 k"]);
  });
});

it("rate chooses the unit in which it can be read", () => {
  expect(rate(0)).toBe("0 /s");
  expect(rate(412)).toBe("412 /s");
  expect(rate(0.05)).toBe("3 /min");
  expect(rate(0.0005)).toBe("1.80 /h");
});
