import { describe, expect, it } from "vitest";
import { formatSql, isSql, sqlParts } from "./sql";

describe("formatSql", () => {
  it("gives each clause a line and indents joins and conditions", () => {
    expect(
      formatSql(
        "SELECT c.id, c.total FROM cart c LEFT JOIN item i ON i.cart_id = c.id WHERE c.user_id = ? AND c.open = ? ORDER BY c.id LIMIT ?",
      ),
    ).toBe(
      [
        "SELECT c.id, c.total",
        "FROM cart c",
        "  LEFT JOIN item i",
        "  ON i.cart_id = c.id",
        "WHERE c.user_id = ?",
        "  AND c.open = ?",
        "ORDER BY c.id",
        "LIMIT ?",
      ].join("\n"),
    );
  });
  it("leaves brackets and quotes in one piece", () => {
    expect(
      formatSql("select * from a where id in (select id from b) and name = 'x and y from z'"),
    ).toBe("select *\nfrom a\nwhere id in (select id from b)\n  and name = 'x and y from z'");
  });
  it("does not break within a name", () => {
    expect(formatSql("SELECT from_date, order_id FROM t")).toBe(
      "SELECT from_date, order_id\nFROM t",
    );
  });
  it("keeps text that is never closed", () => {
    expect(formatSql("select 'abc")).toBe("select 'abc");
    expect(formatSql("")).toBe("");
  });
});

describe("sqlParts", () => {
  it("tells keywords from the rest and loses nothing", () => {
    const parts = sqlParts("SELECT a FROM orders");
    expect(parts.filter((one) => one.isKeyword).map((one) => one.text)).toEqual(["SELECT", "FROM"]);
    expect(parts.map((one) => one.text).join("")).toBe("SELECT a FROM orders");
  });
});

describe("isSql", () => {
  it("goes by the system, else by the first word", () => {
    expect(isSql("postgresql", "BEGIN")).toBe(true);
    expect(isSql("redis", "GET ?")).toBe(false);
    expect(isSql("", "select 1")).toBe(true);
  });
});
