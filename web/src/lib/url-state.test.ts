import { describe, expect, it } from "vitest";
import {
  oneOf,
  parseFilters,
  parseSearch,
  readSearch,
  stringifyFilters,
  stringifySearch,
} from "./url-state";

describe("search", () => {
  it("writes keys in one fixed order and leaves out what is unset", () => {
    expect(
      stringifySearch({
        q: "a b",
        to: "now",
        from: "now-1h",
        env: undefined,
        zz: "1",
        project: "academy",
      }),
    ).toBe("?project=academy&from=now-1h&to=now&q=a%20b&zz=1");
  });
  it("comes back as it was", () => {
    const state = { project: "academy", from: "2026-11-20T09:34:00Z", q: 'rate(x{a="b"}[5m]) & 1' };
    expect(parseSearch(stringifySearch(state))).toEqual(state);
  });
  it("names what it could not read and keeps the rest", () => {
    const read = readSearch<{ tab: "a" | "b"; sort: "x" }>(
      { tab: "b", sort: "nope" },
      { tab: oneOf("a", "b"), sort: oneOf("x") },
    );
    expect(read).toEqual({ values: { tab: "b" }, dropped: ["sort"] });
  });
});

describe("filters", () => {
  it("come back as they were, commas and colons included", () => {
    const filters = [
      { key: "level", op: "eq", value: "error" },
      { key: "user.plan", op: "neq", value: "a,b:c" },
    ] as const;
    expect(parseFilters(stringifyFilters(filters))).toEqual(filters);
  });
  it("leaves out members it cannot read", () =>
    expect(parseFilters("level,x:is:1,a:eq:b")).toHaveLength(1));
});
