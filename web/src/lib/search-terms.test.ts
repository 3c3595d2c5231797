import { expect, test } from "vitest";
import { narrowed, searchProblem, searchTerm } from "./search-terms";

test("a value with spaces or quotes is held together", () => {
  expect(searchTerm("service", "shop")).toBe("service:shop");
  expect(searchTerm("name", "GET /cart")).toBe('name:"GET /cart"');
  expect(searchTerm("title", 'say "hi"')).toBe('title:"say \\"hi\\""');
  expect(searchTerm("name", "a*b,c")).toBe('name:"a\\*b,c"');
});

test("a refused search is shown at its place in what the person wrote", () => {
  const failure = { code: "search_invalid", message: "No.", requestId: null, position: 9 };

  expect(searchProblem(failure, 4)).toEqual({ message: "No.", at: 5 });
  expect(searchProblem({ ...failure, code: "overloaded" })).toBeNull();
});

test("a term is added once and takes its opposite out", () => {
  expect(narrowed("", "a:1")).toBe("a:1");
  expect(narrowed("b:2", "a:1")).toBe("b:2 a:1");
  expect(narrowed("a:1 b:2", "a:1")).toBe("a:1 b:2");
  expect(narrowed("a:1 b:2", "-a:1")).toBe("b:2 -a:1");
  expect(narrowed("a:10", "a:1")).toBe("a:10 a:1");
});
