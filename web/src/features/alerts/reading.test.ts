import { expect, test } from "vitest";
import type { Alert } from "@/api/alerts";
import { forText, groupsOf, labelText, limitOf, statusOfRule, valueText } from "./reading";

const alert = (facts: Partial<Alert>): Alert => ({
  fingerprint: "f",
  rule: "A",
  state: "firing",
  labels: {},
  annotations: {},
  value: 1,
  active_ms: 0,
  fired_ms: 0,
  severity: "warning",
  ...facts,
});

test("the limit is the number at the end", () => {
  expect(limitOf("sum(rate(a[5m])) / sum(rate(b[5m])) > 0.1")).toEqual({
    operator: ">",
    value: 0.1,
  });
  expect(limitOf("up == bool 0")).toEqual({ operator: "==", value: 0 });
  expect(limitOf("a > on (job) b")).toBeNull();
  expect(limitOf("absent(up)")).toBeNull();
});

test("a value stands against its limit", () => {
  expect(valueText(84, { operator: ">", value: 80 })).toBe("84, limit > 80");
  expect(valueText(null, null)).toBe("–");
});

test("durations of `for` are read in full", () => {
  expect([0, 90, 900, 5400].map(forText)).toEqual([
    "at once",
    "1 min 30 s",
    "15 min",
    "1 h 30 min",
  ]);
});

test("the worst rule stands first, then the oldest; its alerts together", () => {
  const groups = groupsOf([
    alert({ rule: "Slow", active_ms: 1, fingerprint: "1" }),
    alert({ rule: "Soon", state: "pending", severity: "critical" }),
    alert({ rule: "Down", severity: "critical", active_ms: 9 }),
    alert({ rule: "Slow", active_ms: 5, fingerprint: "2" }),
  ]);
  expect(groups.map((one) => one.rule)).toEqual(["Down", "Slow", "Soon"]);
  expect(groups[1]?.alerts.map((one) => one.fingerprint)).toEqual(["1", "2"]);
});

test("labels that every alert has are left out", () => {
  expect(labelText({ alertname: "A", severity: "warning", job: "api" })).toBe("job=api");
});

test("a rule that cannot be evaluated is not called well", () => {
  expect(statusOfRule({ state: "inactive", health: "err", labels: {} })).toBe("unknown");
  expect(statusOfRule({ state: "firing", health: "ok", labels: { severity: "critical" } })).toBe(
    "crit",
  );
});
