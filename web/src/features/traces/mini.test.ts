import { expect, test } from "vitest";
import { pathsOf } from "./MiniWaterfall";

const OUTLINE = {
  trace_id: "a",
  services: ["db", "web"],
  service: [1, 0, 0],
  start_ns: [0, 25, 90],
  duration_ns: [100, 50, 100],
  is_failed: [false, false, true],
};
const COLORS = new Map([
  ["db", "c1"],
  ["web", "c2"],
]);

test("each span is a line on the trace's own time, failed ones in their colour", () => {
  const paths = pathsOf(OUTLINE, 100, COLORS);

  expect([...paths.keys()]).toEqual(["c2", "c1", "crit-m"]);
  expect(paths.get("c2")).toBe("M0 0h120v3h-120z");
  expect(paths.get("c1")).toBe("M30 4h60v3h-60z");
});

test("what goes on after the trace's end is cut there, what took no time is still seen", () => {
  const paths = pathsOf({ ...OUTLINE, duration_ns: [100, 0, 100] }, 100, COLORS);

  expect(paths.get("crit-m")).toBe("M108 8h12v3h-12z");
  expect(paths.get("c1")).toBe("M30 4h1v3h-1z");
});
