import { describe, expect, it } from "vitest";
import { defaultOrganisation, droppedScope, scopeOf } from "./scope";
import type { Organisation, Project, Session } from "./types";

const project = (id: number, slug: string, built_in = false): Project => ({
  id,
  slug,
  name: slug,
  environments: [],
  timezone: "UTC",
  grouping_version: 1,
  built_in,
});

const org = (slug: string, projects: Project[]): Organisation => ({
  slug,
  name: slug,
  role: "owner",
  projects,
});

const session: Session = {
  user: null,
  csrf_token: null,
  public_url: "",
  version: "",
  first_run: false,
  organisations: [
    org("own", [project(9, "watchkeeper", true)]),
    org("academy", [project(2, "shop"), project(3, "blog")]),
  ],
};

describe("where people start", () => {
  it("is a project that people made, not the server's own", () => {
    expect(defaultOrganisation(session)?.slug).toBe("academy");
    expect(scopeOf(session, "academy", {}, null).project.slug).toBe("shop");
  });
  it("is the server's own where there is no other", () => {
    const alone = { ...session, organisations: session.organisations.slice(0, 1) };
    expect(defaultOrganisation(alone)?.slug).toBe("own");
    expect(scopeOf(alone, "own", {}, null).project.id).toBe(9);
  });
});

describe("scopeOf", () => {
  it("reads the address, and falls back where it makes no sense", () => {
    const scope = scopeOf(
      session,
      "academy",
      { project: "blog", from: "nonsense", tz: "Mars/One" },
      "Asia/Tokyo",
    );
    expect(scope.project.slug).toBe("blog");
    expect(scope.range).toEqual({ from: "now-6h", to: "now" });
    expect(scope.zone).toBe("Asia/Tokyo");
  });
  it("names what it left out", () => {
    const search = { project: "nope", from: "nonsense", to: "now", tz: "Mars/One" };
    expect(droppedScope(session, "academy", search)).toEqual(["project", "from", "tz"]);
  });
});
