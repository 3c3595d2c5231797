import { describe, expect, it } from "vitest";
import { difference, openingMean } from "./change";

describe("difference", () => {
  it("is per cent of the earlier value for counts and rates", () => {
    expect(difference(412, 389, "/s")).toBe("+6 %");
    expect(difference(50, 100, "/min")).toBe("–50 %");
  });

  it("is percent points for shares", () => {
    expect(difference(0.0231, 0.0035, "ratio")).toBe("+1.96 pp");
    expect(difference(0.5, 0.62, "ratio")).toBe("–12.0 pp");
  });

  it("is a length of time for times", () => {
    expect(difference(0.612, 0.424, "seconds")).toBe("+188 ms");
    expect(difference(900, 2900, "ms")).toBe("–2 s");
  });

  it("says so where nothing changed, and nothing where nothing is known", () => {
    expect(difference(100, 100.2, "/s")).toBe("no change");
    expect(difference(0, 0, "/s")).toBe("no change");
    expect(difference(null, 1, "/s")).toBeNull();
  });

  it("names the value itself where there was none before", () => {
    expect(difference(3, 0, "/min")).toBe("+3 /min");
  });
});

describe("openingMean", () => {
  it("means the first quarter, gaps left out", () => {
    expect(openingMean([1, 3, null, 9, 9, 9, null, 5])).toBe(2);
    expect(openingMean([null, null, 1, 1, 1, 1, 1, 1])).toBeNull();
  });

  it("knows nothing of what only just began", () => {
    expect(openingMean([260])).toBeNull();
  });
});
