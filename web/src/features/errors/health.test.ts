import { describe, expect, it } from "vitest";
import type { Feedback } from "@/api/feedback";
import type { Run } from "@/api/monitors";
import type { ReleaseHealth } from "@/api/releases";
import { precise } from "./crash-free";
import { writer } from "./FeedbackPage";
import { points, rateSeries } from "./HealthPanels";
import { durationSeries, usual } from "./monitors/MonitorDetail";
import { dueText, shownStatus, worst } from "./monitors/status";

describe("precise", () => {
  it("never says 100 % of what is less", () => {
    expect(precise(0.99999)).toBe("99.99 %");
    expect(precise(1)).toBe("100 %");
    expect(precise(0.9)).toBe("90.00 %");
    expect(precise(null)).toBe("–");
  });
});

describe("points", () => {
  it("has a sign and hides what is too small to be seen", () => {
    expect(points(0.004)).toBe("+0.40 pp");
    expect(points(-0.0123)).toBe("–1.23 pp");
    expect(points(0.00001)).toBe("±0 pp");
  });
});

describe("rateSeries", () => {
  const line = { crash_free_sessions_ratio: [1, null] };
  const data = { line, before: null } as unknown as ReleaseHealth;

  it("keeps gaps", () => {
    expect(rateSeries(data)).toEqual([{ label: "sessions", values: [100, null], color: "c1" }]);
  });

  it("draws the release before as a comparison", () => {
    const before = { version: "shop@1", line, health: {} } as unknown as ReleaseHealth["before"];
    const [, other] = rateSeries({ ...data, before });
    expect(other).toMatchObject({ label: "sessions of shop@1", isComparison: true });
  });
});

describe("writer", () => {
  const one = { name: "", email: "", user_key: "id:42" } as Feedback;

  it("is the name, the address, the key, or somebody", () => {
    expect(writer({ ...one, name: "Ada", email: "a@b.c" })).toBe("Ada");
    expect(writer({ ...one, email: "a@b.c" })).toBe("a@b.c");
    expect(writer(one)).toBe("42");
    expect(writer({ ...one, user_key: "" })).toBe("Somebody");
  });
});

describe("monitors", () => {
  it("say late before how the last run went, and failure before late", () => {
    expect(shownStatus({ status: "ok", is_late: true })).toBe("late");
    expect(shownStatus({ status: "missed", is_late: true })).toBe("missed");
    expect(
      worst([
        { status: "ok", is_late: false },
        { status: "error", is_late: false },
      ])?.status,
    ).toBe("error");
    expect(worst([])).toBeNull();
  });

  const run = (ts_ms: number, environment: string, duration_ms: number | null): Run =>
    ({ ts_ms, environment, duration_ms }) as Run;

  it("say when they are due", () => {
    expect(dueText(null, 0)).toBe("–");
    expect(dueText(5, 5)).toBe("now");
    expect(dueText(24 * 60_000, 0)).toBe("in 24 min");
  });

  it("have a line of durations an environment, with gaps", () => {
    const runs = [run(3, "a", 2_000), run(2, "b", 1_000), run(1, "a", null)];
    expect(durationSeries(runs)).toEqual({
      timesMs: [2, 3],
      series: [
        { label: "a", values: [null, 2] },
        { label: "b", values: [1, null] },
      ],
    });
    expect(usual(runs)).toBe("1 s");
    expect(usual([])).toBe("–");
  });
});
