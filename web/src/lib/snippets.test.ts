import { describe, expect, it } from "vitest";
import { plainLines, SOURCES } from "./snippets";
import { ALL_SOURCES } from "./snippets-signals";

const to = {
  sentry_dsn: "http://k@h/7",
  server_key: "s".repeat(32),
  public_url: "http://h",
  statsd_address: "127.0.0.1:8125",
};

describe("snippets", () => {
  it("fill in the address and the key", () => {
    const text = Object.fromEntries(SOURCES.map((one) => [one.id, one.text(to, 7)]));
    for (const id of ["python", "node", "browser"]) expect(text[id]).toContain('"http://k@h/7"');
    expect(text["remote-write"]).toContain("http://h/p/7/api/v1/write");
    expect(text["remote-write"]).toContain("s".repeat(32));
    expect(text.statsd).toContain('host: "127.0.0.1"');
    expect(text.statsd).toContain("port: 8125");
    expect(text.host).toContain("agent --url http://h/p/7");
  });
  it("mark every line of the diff", () => {
    for (const one of ALL_SOURCES)
      for (const line of one.text(to, 7).split("\n")) expect(line).toMatch(/^[ +-]/);
  });
  it("say what to put where the key is missing", () => {
    for (const one of ALL_SOURCES) {
      const text = one.text({ ...to, server_key: null }, 7);
      expect(text).not.toContain("null");
      if (one.text(to, 7).includes(to.server_key))
        expect(text).toContain("<a server key of this project>");
    }
  });
  it("are there for each signal, each under its own id", () => {
    expect(new Set(ALL_SOURCES.map((one) => one.brings))).toEqual(
      new Set(["errors", "metrics", "traces", "logs"]),
    );
    expect(new Set(ALL_SOURCES.map((one) => one.id)).size).toBe(ALL_SOURCES.length);
  });
});

it("plainLines drops what is to be removed and all marks", () => {
  expect(plainLines(" a\n-b\n+c")).toBe("a\nc");
});
