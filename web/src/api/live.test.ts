import { afterEach, beforeEach, expect, it, vi } from "vitest";
import { arrive, bySpacing, concerns, isHeld, spaced, toggleHold } from "./live";
import { projectKey } from "./queries";
import type { Topic } from "./types";

beforeEach(() => vi.useFakeTimers());
afterEach(() => vi.useRealTimers());

it("passes the first topic on at once and the rest together, once a second", () => {
  const passed: Topic[][] = [];
  const refresh = spaced((topics) => passed.push([...topics]));
  refresh("issues");
  expect(passed).toEqual([["issues"]]);
  refresh("issues");
  refresh("samples");
  expect(passed).toHaveLength(1);
  vi.advanceTimersByTime(1_000);
  expect(passed).toEqual([["issues"], ["issues", "samples"]]);
  vi.advanceTimersByTime(5_000);
  expect(passed).toHaveLength(2);
});

it("passes spans and lines on sooner than the rest", () => {
  const passed: Topic[][] = [];
  const refresh = bySpacing((topics) => passed.push([...topics]));
  for (const topic of ["spans", "samples", "spans", "samples"] as const) refresh(topic);
  expect(passed).toEqual([["spans"], ["samples"]]);
  vi.advanceTimersByTime(400);
  expect(passed).toEqual([["spans"], ["samples"], ["spans"]]);
  vi.advanceTimersByTime(600);
  expect(passed).toEqual([["spans"], ["samples"], ["spans"], ["samples"]]);
  refresh("spans");
  refresh.stop();
  vi.advanceTimersByTime(5_000);
  expect(passed.filter(([topic]) => topic === "spans")).toHaveLength(3);
});

it("refetches only what names the topic in that project", () => {
  const key = projectKey(7, ["issues", "alerts"], "home");
  expect(concerns(key, 7, new Set<Topic>(["alerts"]))).toBe(true);
  expect(concerns(key, 7, new Set<Topic>(["samples"]))).toBe(false);
  expect(concerns(key, 8, new Set<Topic>(["alerts"]))).toBe(false);
  expect(concerns(["session"], 7, new Set<Topic>(["alerts"]))).toBe(false);
});

it("counts what arrives while the page is held still, and passes it on afterwards", () => {
  const passed: Topic[] = [];
  const pass = (topic: Topic): number => passed.push(topic);
  arrive("issues", "{}", pass);
  toggleHold();
  expect(isHeld()).toBe(true);
  arrive("issues", '{"merged": 3}', pass);
  arrive("logs", "{}", pass);
  expect(passed).toEqual(["issues"]);
  toggleHold();
  expect(isHeld()).toBe(false);
  arrive("logs", "{}", pass);
  expect(passed).toEqual(["issues", "logs"]);
});
