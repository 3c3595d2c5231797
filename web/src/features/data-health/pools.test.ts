import { expect, test } from "vitest";
import type { PoolTarget } from "@/api/targets";
import { isSlow, matches } from "./pools";

const target = (patch: Partial<PoolTarget>): PoolTarget => ({
  instance: "web-1:9100",
  url: "http://web-1:9100/metrics",
  labels: { job: "node", region: "eu" },
  discovered_labels: {},
  health: "up",
  last_scrape_ms: 1,
  duration_ms: 12,
  interval_ms: 15_000,
  timeout_ms: 10_000,
  samples: 800,
  last_error: "",
  note: "",
  up_ratio: 1,
  strip: [],
  ...patch,
});

test("a target is found by every word, in address, label or error", () => {
  const down = target({ health: "down", last_error: "connection refused" });
  expect(matches("node", down, "REFUSED web", "all")).toBe(true);
  expect(matches("node", down, 'region="eu"', "all")).toBe(true);
  expect(matches("node", down, "asia", "all")).toBe(false);
});

test("what is not scraped yet is not up", () => {
  expect(matches("node", target({ health: "unknown" }), "", "down")).toBe(true);
  expect(matches("node", target({}), "", "down")).toBe(false);
});

test("slow is more than half of what it may take", () => {
  expect(isSlow(target({ duration_ms: 5_001 }))).toBe(true);
  expect(isSlow(target({ duration_ms: null }))).toBe(false);
});
