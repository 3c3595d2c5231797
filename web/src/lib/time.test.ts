import { describe, expect, it } from "vitest";
import {
  fromWall,
  moment,
  parseDuration,
  parseInstant,
  parseRange,
  rangeLabel,
  resolveRange,
  shifted,
  spanText,
  stepFor,
  zoneName,
} from "./time";

const NOW = Date.UTC(2026, 10, 20, 9, 34);
const ZONE = "Europe/Berlin";

describe("parseDuration", () => {
  it.each([
    ["6h", 21_600_000],
    ["90 min", 5_400_000],
    ["1h30m", 5_400_000],
    ["2 days", 172_800_000],
  ])("%s", (text, ms) => expect(parseDuration(text)).toBe(ms));
  it.each(["", "6", "h", "6y", "0h"])("%s is none", (text) =>
    expect(parseDuration(text)).toBeNull(),
  );
});

describe("parseInstant", () => {
  it("knows now, ISO and both epochs", () => {
    expect(parseInstant("now-6h", NOW)).toBe(NOW - 21_600_000);
    expect(parseInstant("2026-11-20T09:34:00Z", NOW)).toBe(NOW);
    expect(parseInstant(String(NOW / 1000), NOW)).toBe(NOW);
    expect(parseInstant(String(NOW), NOW)).toBe(NOW);
    expect(parseInstant("soon", NOW)).toBeNull();
  });
});

describe("parseRange", () => {
  it.each([
    ["6h", "now-6h", "now"],
    ["last 30 min", "now-30m", "now"],
    ["2d ago to now", "now-2d", "now"],
    ["now-6h to now-1h", "now-6h", "now-1h"],
    ["yesterday", "2026-11-18T23:00:00Z", "2026-11-19T23:00:00Z"],
    ["today", "2026-11-19T23:00:00Z", "now"],
    ["20 Nov 09:34–10:34", "2026-11-20T08:34:00Z", "2026-11-20T09:34:00Z"],
    ["19 Nov 23:30-00:30", "2026-11-19T22:30:00Z", "2026-11-19T23:30:00Z"],
    [
      "2026-11-20T08:00:00Z to 2026-11-20T09:00:00Z",
      "2026-11-20T08:00:00Z",
      "2026-11-20T09:00:00Z",
    ],
    ["2026-11-19 09:00 to now", "2026-11-19T08:00:00Z", "now"],
  ])("%s", (typed, from, to) => expect(parseRange(typed, NOW, ZONE)).toEqual({ from, to }));
  it.each(["", "whenever", "now to now-1h", "40 Foo 09:00-10:00"])("%s is none", (typed) =>
    expect(parseRange(typed, NOW, ZONE)).toBeNull(),
  );
});

describe("labels", () => {
  it("prints what was asked for and the zone", () => {
    expect(rangeLabel({ from: "now-6h", to: "now" }, NOW, ZONE)).toEqual({
      lead: "Last 6 h",
      detail: "04:34–10:34 CET",
    });
  });
  it("prints both zones over a clock change", () => {
    const span = { fromMs: Date.UTC(2026, 9, 24, 12), toMs: Date.UTC(2026, 9, 25, 12) };
    expect(spanText(span, NOW, ZONE)).toBe("24 Oct 14:00–25 Oct 13:00 CEST/CET");
  });
  it("adds the date when it is not today", () => {
    expect(moment(NOW, ZONE, NOW)).toBe("10:34:00 CET");
    expect(moment(NOW - 86_400_000, ZONE, NOW)).toBe("19 Nov 10:34:00 CET");
  });
  it("names UTC as UTC", () => expect(zoneName(NOW, "UTC")).toBe("UTC"));
});

describe("the rest", () => {
  it("finds wall-clock midnight on the day of a clock change", () => {
    expect(fromWall(ZONE, 2026, 10, 25)).toBe(Date.UTC(2026, 9, 24, 22));
    expect(fromWall(ZONE, 2026, 10, 26)).toBe(Date.UTC(2026, 9, 25, 23));
  });
  it("refuses an empty range", () => {
    expect(resolveRange({ from: "now", to: "now" }, NOW)).toBeNull();
    expect(resolveRange({ from: "now", to: "now-1h" }, NOW)).toBeNull();
  });
  it("takes round steps", () => {
    expect(stepFor({ fromMs: 0, toMs: 6 * 3_600_000 }, 73)).toBe(300_000);
    expect(stepFor({ fromMs: 0, toMs: 300_000 })).toBe(5_000);
  });
});

describe("shifted", () => {
  const hour = 3_600_000;
  const span = { fromMs: 0, toMs: 6 * hour };

  it("moves by half the length", () => {
    expect(shifted(span, -1, 6 * hour)).toEqual({
      from: "1969-12-31T21:00:00Z",
      to: "1970-01-01T03:00:00Z",
    });
  });

  it("goes on with now where it would pass it", () => {
    expect(shifted(span, 1, 8 * hour)).toEqual({ from: "now-6h", to: "now" });
  });

  it("stays in the past as long as it ends there", () => {
    expect(shifted(span, 1, 100 * hour).to).toBe("1970-01-01T09:00:00Z");
  });
});
