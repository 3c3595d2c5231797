import { describe, expect, it } from "vitest";
import { folded, linesOf, partsOf } from "./difference";

describe("linesOf", () => {
  it("marks what was changed, removed and added, at the server's paths", () => {
    const lines = linesOf(
      { user: { email: "a@b.c", id: "7" }, tags: [["token", "t"]], gone: 1 },
      { user: { email: "[Filtered]", id: "7" }, tags: [["token", "[Filtered]"]], new: 2 },
    );

    expect(lines.filter((one) => one.kind !== "same").map((one) => [one.path, one.kind])).toEqual([
      ["user.email", "changed"],
      ["tags.0.1", "changed"],
      ["gone", "removed"],
      ["new", "added"],
    ]);
  });

  it("shows a container that became a text as one change", () => {
    const lines = linesOf({ cookies: { a: "1" } }, { cookies: "[Filtered]" });

    expect(lines[1]).toMatchObject({
      kind: "changed",
      before: '{"a":"1"}',
      after: '"[Filtered]"',
    });
  });
});

describe("partsOf", () => {
  it("finds what was replaced inside a text", () => {
    expect(partsOf("Call PN-123456 now", "Call [Filtered] now")).toEqual({
      start: "Call ",
      gone: "PN-123456",
      put: "[Filtered]",
      end: " now",
    });
  });

  it("does not count a letter twice", () => {
    expect(partsOf("aa", "aaa")).toEqual({ start: "aa", gone: "", put: "a", end: "" });
    expect(partsOf("aaa", "aa")).toEqual({ start: "aa", gone: "a", put: "", end: "" });
  });
});

describe("folded", () => {
  it("keeps changes, their neighbours and the containers they stand in", () => {
    const before = { a: 1, b: 2, c: { d: 3, e: 4, f: 5, g: { h: "x" } }, i: 6, j: 7 };
    const after = { ...before, c: { ...before.c, g: { h: "y" } } };

    const pieces = folded(linesOf(before, after));

    expect(
      pieces.map((one) =>
        one.kind === "line" ? one.line.label || one.line.before : one.lines.length,
      ),
    ).toEqual(["{", "a", "b", "c", 3, "g", "h", "}", 4]);
  });

  it("folds everything where nothing changed", () => {
    expect(folded(linesOf({ a: 1 }, { a: 1 }))).toHaveLength(1);
  });
});
