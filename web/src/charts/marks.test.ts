import { describe, expect, it } from "vitest";
import { grouped, labelOf } from "./marks";

const mark = (atMs: number): { atMs: number; label: string } => ({ atMs, label: `deploy ${atMs}` });
const many = (count: number): { atMs: number; label: string }[] =>
  Array.from({ length: count }, (_, i) => mark(i));

describe("marks of a chart", () => {
  it("leaves out what lies outside the range", () => {
    expect(grouped([mark(5), mark(50)], 10, 100)).toEqual([[mark(50)]]);
  });

  it("keeps each its own while they are few", () => {
    expect(grouped(many(12), 0, 100)).toHaveLength(12);
  });

  it("draws many together, and loses none", () => {
    const groups = grouped(many(100), 0, 99);
    expect(groups).toHaveLength(12);
    expect(groups.flat()).toHaveLength(100);
  });

  it("names the newest and counts the rest", () => {
    expect(labelOf(many(6))).toBe("deploy 5\ndeploy 4\ndeploy 3\ndeploy 2\nand 2 more");
  });
});
