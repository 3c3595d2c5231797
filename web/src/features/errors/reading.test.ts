import { expect, test } from "vitest";
import type { StackFrame, TagFacet } from "@/api/issues";
import { glanceOf } from "@/api/same-moment";
import type { IssueRow } from "@/api/types";
import { endOf } from "./AskDialog";
import { changeText, foundText } from "./actions";
import { activityText } from "./activity";
import { changeText as changeOf, searchOf } from "./BreakdownPage";
import { before, textOf } from "./Crumbs";
import { curlOf } from "./curl";
import { asItRan, libraryNames, newestFirst, pieces } from "./frames";
import { flat, ruleOf } from "./Hidden";
import { highlight } from "./highlight";
import { ignoredUntil, resolvedIn } from "./IssueHead";
import { liftText, shownTags } from "./IssueSide";
import { marksOfRow } from "./IssueTable";
import { neighboursOf, rememberOrder } from "./order";
import { namesState, queryOf, viewOf } from "./views";

const frame = (facts: Partial<StackFrame>): StackFrame => ({
  function: "f",
  raw_function: "f",
  module: "",
  filename: "a.ts",
  abs_path: "",
  lineno: 1,
  colno: null,
  is_in_app: false,
  platform: "javascript",
  address: "",
  package: "",
  context: [],
  vars: {},
  minified: null,
  note: "",
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
  const oldestFirst = [
    frame({ filename: "node_modules/react-dom/a.js" }),
    frame({ filename: "node_modules/@scope/pkg/b.js" }),
    frame({ filename: "app.ts", is_in_app: true }),
  ];
  const parts = pieces(newestFirst(oldestFirst, false));
  expect(parts.map((one) => one.kind)).toEqual(["frame", "library"]);
  const folded = parts[1]?.kind === "library" ? parts[1].frames : [];
  expect(libraryNames(folded)).toBe("@scope/pkg and react-dom");
  expect(newestFirst(oldestFirst, true)).toBe(oldestFirst);
});

test("a trace without a frame of yours is not folded", () => {
  expect(pieces([frame({}), frame({})]).map((one) => one.kind)).toEqual(["frame", "frame"]);
});

test("a mapped call is shown as it really ran, one that was not stays as it is", () => {
  const minified = {
    function: "",
    filename: "app.min.js",
    abs_path: "https://a/app.min.js",
    lineno: 1,
    colno: 9001,
    context: [{ lineno: 1, text: "!function(){}" }],
  };
  const mapped = frame({ filename: "src/pay.ts", minified });
  expect(asItRan(mapped)).toMatchObject({ filename: "app.min.js", colno: 9001, function: "?" });
  const plain = frame({});
  expect(asItRan(plain)).toBe(plain);
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
  expect(ruleOf(scrubbed, "request.headers.Cookie")).toBe("the rule cookies");
  expect(ruleOf(scrubbed, "extra.email")).toBe("the rule email");
  expect(ruleOf(scrubbed, "vars.password")).toBe("a privacy rule");
  const within = [
    { path: "exception.values.1.stacktrace.frames.7.vars.card.number", rule: "card_number" },
  ];
  expect(ruleOf(within, "vars.card")).toBe("the rule card_number");
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

test("what was done is said with its condition", () => {
  const two = ["WEB-1", "WEB-2"];
  expect(changeText(["WEB-1"], { resolve: { kind: "next_release" } })).toBe(
    "WEB-1 resolved in the next release",
  );
  expect(changeText(two, { severity: "high" })).toBe("2 issues: severity high");
  expect(changeText(two, { ignore: { events: 100, window_ms: 3_600_000 } })).toBe(
    "2 issues ignored until 100 more events in 1 h",
  );
  expect(changeText(two, { assignee_email: "" })).toBe("2 issues: assignee removed");
  const done = { changed: 1_000, remaining: 24, undo: 7 };
  expect(foundText(done, 1_024, { status: "resolved" })).toBe(
    "1,000 issues resolved; 24 are left, do it again for them",
  );
  expect(foundText({ changed: 3, remaining: 0, undo: 7 }, 5, { status: "ignored" })).toBe(
    "3 issues ignored; the others were so already",
  );
});

test("the end of ignoring is read from what people type", () => {
  expect(endOf("for", "90m", "")).toEqual({ for_ms: 5_400_000 });
  expect(endOf("for", "soon", "")).toBeNull();
  expect(endOf("for", "10s", "")).toBeNull();
  expect(endOf("events", "100", "1h")).toEqual({ events: 100, window_ms: 3_600_000 });
  expect(endOf("events", "100", "x")).toBeNull();
  expect(endOf("events", "0", "")).toBeNull();
  expect(endOf("users", "5", "")).toEqual({ users: 5 });
});

test("a state is shown with what ends it", () => {
  const resolution = { kind: "next_release", release: "shop@1.2", commit: "" } as const;
  expect(resolvedIn({ resolution })).toBe(" in the release after shop@1.2");
  expect(resolvedIn({ resolution: null })).toBe("");
  const ignoring = {
    until_ms: null,
    events: 100,
    window_ms: null,
    users: null,
    is_escalating: false,
    seen_events: 12,
  };
  expect(ignoredUntil({ ignoring }, "UTC")).toBe(", 12 of 100 events");
  expect(ignoredUntil({ ignoring: { ...ignoring, events: null } }, "UTC")).toBe("");
});

test("activity says who did what", () => {
  const entry = { at_ms: 1, actor: "mara@example.com", kind: "status" };
  expect(
    activityText({ ...entry, facts: { to: "resolved", in: "release", release: "shop@1.2" } }),
  ).toBe("Resolved in shop@1.2 by mara");
  expect(activityText({ ...entry, facts: { to: "ignored", until: { users: 5 } } })).toBe(
    "Ignored until 5 more users by mara",
  );
  expect(activityText({ ...entry, kind: "merged", facts: { from: "A-2", into: "A-1" } })).toBe(
    "A-2 merged into A-1 by mara",
  );
});

test("a request becomes a command that a shell reads", () => {
  expect(curlOf({ url: "https://a.example/x", query_string: "b=1" })).toBe(
    "curl 'https://a.example/x?b=1'",
  );
  expect(
    curlOf({
      url: "https://a.example/x?b=1",
      method: "post",
      query_string: "b=1",
      headers: [
        ["Host", "a.example"],
        ["X-Name", "it's"],
      ],
      data: { a: 1 },
    }),
  ).toBe(`curl -X POST 'https://a.example/x?b=1' -H 'X-Name: it'\\''s' --data-raw '{"a":1}'`);
});

test("the neighbours are those of the list that was open", () => {
  rememberOrder(["A-1", "A-2", "A-3"]);
  expect(neighboursOf("A-2")).toEqual({ previous: "A-1", next: "A-3" });
  expect(neighboursOf("A-1")).toEqual({ next: "A-2" });
  expect(neighboursOf("B-1")).toEqual({});
});

test("a view adds to the person's text, which keeps its places", () => {
  expect(queryOf(" type:Foo ", "high", viewOf("regressed"))).toBe(
    "type:Foo severity:high is:unresolved is:regressed",
  );
  expect(queryOf("", null, viewOf("all"))).toBe("");
  expect(viewOf("unheard-of").id).toBe("unresolved");
  expect(namesState("shop !is:resolved")).toBe(true);
  expect(namesState("this:that")).toBe(false);
});

test("a row is marked by the two most urgent things", () => {
  const marked = row({ is_regressed: true, is_escalating: true, is_new: true });
  expect(marksOfRow(marked).map((one) => one.text)).toEqual(["Regressed", "Escalating"]);
  const done = row({ status: "resolved", is_escalating: true, is_new: true });
  expect(marksOfRow(done).map((one) => one.text)).toEqual(["Resolved", "Escalating"]);
  expect(marksOfRow(row({}))).toEqual([]);
});

test("a group leads to the issues that it counts", () => {
  expect(searchOf("type", "", "ValueError")?.q).toBe("type:ValueError");
  expect(searchOf("feature", "area name", "a b")?.q).toBe('tag[area name]:"a b"');
  expect(searchOf("user", "", "id:42")?.q).toBe("user.id:42");
  expect(searchOf("user", "", "somebody")).toBeNull();
  expect(searchOf("endpoint", "", "")).toBeNull();
});

test("a number is told against the range before", () => {
  expect(changeOf(12, 10)).toBe("+20 % on the range before");
  expect(changeOf(5, 10)).toBe("–50 % on the range before");
  expect(changeOf(877, 41)).toBe("41 in the range before");
  expect(changeOf(5, 0)).toBe("none in the range before");
  expect(changeOf(0, 0)).toBe("none before either");
});

const facet = (key: string, ...values: [string, number, number | null][]): TagFacet => ({
  key,
  is_sampled: false,
  values: values.map(([value, ratio, usual_ratio]) => ({ value, count: 1, ratio, usual_ratio })),
});

test("tags that say nothing of who is affected take no place", () => {
  const tags = [
    facet("plan", ["pro", 1, 0.3]),
    facet("release", ["1.0", 1, 0]),
    facet("browser.name", ["Safari", 1, 0.4]),
    facet("browser", ["Safari 26", 1, 0.4]),
    facet("route", ["/checkout", 1, 1]),
    facet("cart", ["7", 1, null]),
  ];
  expect(shownTags(tags).map((one) => one.key)).toEqual(["plan", "browser", "cart"]);
});

test("of many versions the name is shown instead", () => {
  const versions = ["1", "2", "3", "4"].map((v): [string, number, number] => [`S ${v}`, 0.25, 0.1]);
  const tags = [facet("os", ...versions), facet("os.name", ["S", 1, 0.4])];
  expect(shownTags(tags).map((one) => one.key)).toEqual(["os.name"]);
});

test("a value far more frequent than elsewhere says how much", () => {
  expect(liftText({ ratio: 0.8, usual_ratio: 0.2 })).toBe("4.0×");
  expect(liftText({ ratio: 0.8, usual_ratio: 0 })).toBe("only here");
  expect(liftText({ ratio: 0.8, usual_ratio: 0.7 })).toBe("");
  expect(liftText({ ratio: 0.02, usual_ratio: 0.001 })).toBe("");
  expect(liftText({ ratio: 1, usual_ratio: null })).toBe("");
});

test("a trace is told by the services in the order of their first span", () => {
  const outline = {
    trace_id: "t",
    services: ["api", "web"],
    service: [1, 0, 1],
    start_ns: [0, 5, 9],
    duration_ns: [20, 10, 1],
    is_failed: [false, false, false],
  };
  expect(glanceOf({ outlines: [outline] })).toEqual({ services: ["web", "api"], durationNs: 20 });
  expect(glanceOf({ outlines: [] })).toBeNull();
});
