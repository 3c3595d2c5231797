import { expect, it } from "vitest";
import { rankBy, score } from "./fuzzy";

it("wants every letter in order", () => {
  expect(score("hme", "Home")).not.toBeNull();
  expect(score("emoh", "Home")).toBeNull();
});

it("puts whole words before scattered letters", () => {
  expect(rankBy("err", ["Service mirror", "Errors", "Explore rates"], (t) => t)[0]).toBe("Errors");
});

it("keeps the order of equals and of an empty query", () => {
  expect(rankBy("", ["b", "a"], (t) => t)).toEqual(["b", "a"]);
});
