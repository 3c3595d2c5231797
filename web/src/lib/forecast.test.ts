import { expect, test } from "vitest";
import { ahead, errorText, intervalText, type Outlooked, outlookText } from "./forecast";

const DAY = 86_400_000;
const NOW = 1_795_219_200_000;

const made = (patch: Partial<Outlooked>): Outlooked => ({
  outlook: "reaches",
  now: 0.8,
  per_day: 0.01,
  at_ms: NOW + 12 * DAY,
  earliest_ms: NOW + 10 * DAY,
  latest_ms: NOW + 14 * DAY,
  history_ms: 14 * DAY,
  needs_ms: DAY,
  test: { runs: 24, horizon_ms: 4 * DAY, error: 0.013, error_ms: 1.3 * DAY },
  ...patch,
});

test("when it is, in words", () => {
  expect(outlookText(made({}), "full", NOW)).toBe("full in 12 days");
  expect(outlookText(made({ outlook: "over" }), "full", NOW)).toBe("full now");
  expect(outlookText(made({ outlook: "steady" }), "full", NOW)).toBe("no trend towards it");
  expect(outlookText(made({ outlook: "short", history_ms: DAY / 2 }), "full", NOW)).toBe(
    "not enough history: 12 h of 1 d",
  );
});

test("hours as long as there are few of them", () => {
  expect(ahead(30 * 3_600_000)).toBe("30 h");
  expect(ahead(12.4 * DAY)).toBe("12 days");
  expect(ahead(5)).toBe("less than 1 h");
});

test("how sure it is", () => {
  expect(intervalText(made({}), NOW)).toBe("10 to 14 days");
  expect(intervalText(made({ latest_ms: null }), NOW)).toBe(
    "10 days at the earliest, perhaps never",
  );
  expect(intervalText(made({ outlook: "steady" }), NOW)).toBe("");
});

test("how wrong it was", () => {
  expect(errorText(made({}), "ratio")).toBe("off by ±1.3 days, 4 days ahead, 24 tests");
  expect(errorText(made({ outlook: "steady" }), "ratio")).toContain("±1.30 %");
  expect(errorText(made({ test: null }), "ratio")).toBe("not tested: too little history");
});
