import { expect, test } from "vitest";
import type { StackFrame } from "@/api/issues";
import type { IssueRow } from "@/api/types";
import { changeText, undoOf } from "./actions";
import { before, textOf } from "./Crumbs";
import { libraryNames, pieces, rawTrace } from "./frames";
import { flat, ruleOf } from "./Hidden";
import { highlight } from "./highlight";
import { neighboursOf, rememberOrder } from "./order";
import { dayStart, viewOf } from "./views";

const frame = (facts: Partial<StackFrame>): StackFrame => ({
  filename: "a.ts",
  abs_path: "",
  module: "",
  function: "f",
  lineno: 1,
  colno: null,
  in_app: false,
  pre_context: [],
  context_line: null,
  post_context: [],
  vars: {},
  ...facts,
});

const row = (facts: Partial<IssueRow>): IssueRow => ({
  id: 1,
  short_id: "WEB-1",
  title: "Error",
  type: "Error",
  culprit: "",
  level: "error",
  severity: "low",
  status: "unresolved",
  is_regressed: false,
  is_handled: true,
  first_seen_ms: 0,
  last_seen_ms: 0,
  events: 0,
  users: 0,
  spark: [],
  environment: "",
  release: "",
  assignee: null,
  severity_by: "events",
  is_new: false,
  is_since_deploy: false,
  is_escalating: false,
  first_release: "",
  comments: 0,
  merged: 0,
  resolution: null,
  ignoring: null,
  ...facts,
});

test("the newest frame comes first and runs of library frames are folded", () => {
  const parts = pieces([
    frame({ filename: "node_modules/react-dom/a.js" }),
    frame({ filename: "node_modules/@scope/pkg/b.js" }),
    frame({ filename: "app.ts", in_app: true }),
  ]);
  expect(parts.map((one) => one.kind)).toEqual(["frame", "library"]);
  const folded = parts[1]?.kind === "library" ? parts[1].frames : [];
  expect(libraryNames(folded)).toBe("@scope/pkg and react-dom");
});

test("a trace without a frame of yours is not folded", () => {
  expect(pieces([frame({}), frame({})]).map((one) => one.kind)).toEqual(["frame", "frame"]);
});

test("the raw trace has the outermost exception first", () => {
  const one = { type: "A", value: "x", mechanism: null, frames: [frame({ lineno: 7 })] };
  const other = { type: "B", value: "y", mechanism: null, frames: [] };
  expect(rawTrace([one, other])).toBe("B: y\nCaused by: A: x\n    at f (a.ts:7)");
});

test("highlighting loses no character", () => {
  const line = `  const x = await get("a // b", 'c'); // end`;
  const tokens = highlight(line);
  expect(tokens.map((one) => one.text).join("")).toBe(line);
  expect(tokens.find((one) => one.kind === "comment")?.text).toBe("// end");
  expect(tokens.find((one) => one.kind === "call")?.text).toBe("get");
  expect(tokens.filter((one) => one.kind === "string").map((one) => one.text)).toEqual([
    '"a // b"',
    "'c'",
  ]);
});

test("the rule of a hidden value is found by the longest end of its path", () => {
  const scrubbed = [
    { path: "request.headers.Cookie", rule: "cookies" },
    { path: "user.email", rule: "email" },
  ];
  expect(ruleOf(scrubbed, "request.headers.Cookie")).toBe("cookies");
  expect(ruleOf(scrubbed, "extra.email")).toBe("email");
  expect(ruleOf(scrubbed, "vars.password")).toBe("a privacy rule");
});

test("nested values become paths, lists of pairs become names", () => {
  expect(flat({ a: { b: 1 }, headers: [["Host", "x"]], list: [1, 2] })).toEqual([
    ["a.b", "1"],
    ["headers.Host", "x"],
    ["list", "[1,2]"],
  ]);
});

test("breadcrumbs are timed against the event", () => {
  expect(before(1_000, 42_200)).toBe("–41.2 s");
  expect(before(null, 5)).toBe("–");
  const crumb = { ts_ms: null, type: "http", category: "fetch", level: "info", message: "" };
  expect(textOf({ ...crumb, data: { method: "GET", url: "/a" } })).toBe("GET /a");
  expect(textOf({ ...crumb, data: { from: "/a", to: "/b" } })).toBe("/a → /b");
});

test("undo brings each issue back to its own state", () => {
  const rows = [row({}), row({ short_id: "WEB-2", status: "ignored" }), row({ short_id: "WEB-3" })];
  expect(undoOf(rows, { status: "resolved" })).toEqual([
    { ids: ["WEB-1", "WEB-3"], change: { status: "unresolved" } },
    { ids: ["WEB-2"], change: { status: "ignored" } },
  ]);
  expect(changeText(rows, { severity: "high" })).toBe("3 issues: severity high");
  expect(undoOf([row({})], { assignee_email: "a@b.c" })[0]?.change).toEqual({ assignee_email: "" });
});

test("the neighbours are those of the list that was open", () => {
  rememberOrder(["A-1", "A-2", "A-3"]);
  expect(neighboursOf("A-2")).toEqual({ previous: "A-1", next: "A-3" });
  expect(neighboursOf("A-1")).toEqual({ next: "A-2" });
  expect(neighboursOf("B-1")).toEqual({});
});

test("views hold what they say; the day begins in the page's zone", () => {
  const start = dayStart(Date.UTC(2026, 10, 21, 10), "Europe/Berlin");
  expect(start).toBe(Date.UTC(2026, 10, 20, 23));
  expect(viewOf("new").holds(row({ first_seen_ms: start }), start)).toBe(true);
  expect(viewOf("new").holds(row({ first_seen_ms: start - 1 }), start)).toBe(false);
  expect(viewOf("regressed").holds(row({}), start)).toBe(false);
  expect(viewOf("unheard-of").id).toBe("unresolved");
});
