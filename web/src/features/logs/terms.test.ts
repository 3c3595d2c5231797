import { describe, expect, it } from "vitest";
import { hasTerm, marked, oneLine, termOf, termsIn, toggleTerm } from "./terms";

describe("termOf", () => {
  it("quotes what is more than a word", () => {
    expect(termOf("service", "shop")).toBe("service:shop");
    expect(termOf("attr.ua", 'a "b" c')).toBe('attr.ua:"a \\"b\\" c"');
    expect(termOf("host", "")).toBe("-has:host");
  });
});

describe("termsIn", () => {
  it("keeps quotes and brackets in one piece", () => {
    expect(termsIn('level:error "timed out" (a OR b) -x')).toEqual([
      "level:error",
      '"timed out"',
      "(a OR b)",
      "-x",
    ]);
  });
});

describe("toggleTerm", () => {
  it("adds, takes away and turns round", () => {
    expect(toggleTerm("", "service:a")).toBe("service:a");
    expect(toggleTerm("timeout", "service:a")).toBe("timeout service:a");
    expect(toggleTerm("timeout service:a", "service:a")).toBe("timeout");
    expect(toggleTerm("service:a", "-service:a")).toBe("-service:a");
    expect(hasTerm("x service:a", "service:a")).toBe(true);
  });
  it("does not bind to one side of an OR only", () => {
    expect(toggleTerm("a OR b", "service:a")).toBe("(a OR b) service:a");
  });
});

describe("marked", () => {
  it("sets the searched words apart and loses nothing", () => {
    const parts = marked("Timeout in timeouts", ["timeout"]);
    expect(parts.filter((one) => one.isHit).map((one) => one.text)).toEqual(["Timeout", "timeout"]);
    expect(parts.map((one) => one.text).join("")).toBe("Timeout in timeouts");
  });
  it("is one part without words", () => {
    expect(marked("abc", [])).toEqual([{ text: "abc", isHit: false }]);
  });
});

it("oneLine drops a terminal's colours and breaks", () => {
  expect(oneLine("\u001b[31mred\u001b[0m\n  at x")).toBe("red ⏎ at x");
});
