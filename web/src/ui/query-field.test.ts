import { describe, expect, it } from "vitest";
import { put, wordAt } from "./QueryField";

describe("wordAt", () => {
  it("is what stands between blanks around the cursor", () => {
    expect(wordAt("service:shop stat", 17)).toEqual({ word: "stat", from: 13, to: 17 });
    expect(wordAt("service:shop stat", 10)).toEqual({ word: "service:sh", from: 0, to: 12 });
  });
  it("leaves the minus and the bracket alone and keeps quoted blanks", () => {
    expect(wordAt("-serv", 5).word).toBe("serv");
    expect(wordAt("!serv", 5).word).toBe("serv");
    expect(wordAt("(serv", 5).word).toBe("serv");
    expect(wordAt('name:"GET /c', 12).word).toBe('name:"GET /c');
  });
});

describe("put", () => {
  it("replaces the stretch and sets a blank behind a finished word", () => {
    expect(put("stat", { from: 0, to: 4 }, "status:")).toEqual({ text: "status:", cursor: 7 });
    expect(put("status:er", { from: 0, to: 9 }, "status:error")).toEqual({
      text: "status:error ",
      cursor: 13,
    });
    expect(put("stat x", { from: 0, to: 4 }, "status:ok")).toEqual({
      text: "status:ok x",
      cursor: 9,
    });
  });
});
