import { expect, it } from "vitest";
import { rankBy, score } from "./fuzzy";

it("wants every letter in order", () => {
  expect(score("hoe", "Home")).not.toBeNull();
  expect(score("dh", "Data health")).not.toBeNull();
  expect(score("emoh", "Home")).toBeNull();
});

it("does not take letters strewn by chance", () => {
  expect(score("time", "Settings: Members")).toBeNull();
});

it("puts whole words before scattered letters", () => {
  expect(rankBy("err", ["Service mirror", "Errors", "Explore rates"], (t) => t)[0]).toBe("Errors");
});

it("keeps the order of equals and of an empty query", () => {
  expect(rankBy("", ["b", "a"], (t) => t)).toEqual(["b", "a"]);
});
