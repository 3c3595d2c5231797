import { useNavigate } from "@tanstack/react-router";
import type { SearchMap } from "@/lib/url-state";
import { useScope, useSearchState } from "./scope";
import { useSession } from "./session";
import type { Organisation, Project } from "./types";

interface Choice {
  readonly org: Organisation;
  readonly project: Project;
}

/** Every project the person may open; those that people made first. */
export function useProjects(): Choice[] {
  const session = useSession();
  if (session.state !== "ready") return [];
  return session.data.organisations
    .flatMap((org) => org.projects.map((project) => ({ org, project })))
    .sort((a, b) => Number(a.project.built_in) - Number(b.project.built_in));
}

/** Goes to a project: on the same page within the organisation, to Home in another one. */
export function useProjectChoice(): (projectId: number) => void {
  const { org: current } = useScope();
  const all = useProjects();
  const navigate = useNavigate();
  const [, change] = useSearchState();
  return (projectId) => {
    const chosen = all.find((one) => one.project.id === projectId);
    if (chosen === undefined) return;
    if (chosen.org.slug === current.slug) {
      change({ project: chosen.project.slug, env: undefined, release: undefined });
      return;
    }
    void navigate({
      to: `/o/${chosen.org.slug}/home`,
      search: ({ from, to, tz }: SearchMap) => ({
        project: chosen.project.slug,
        ...(from ? { from } : {}),
        ...(to ? { to } : {}),
        ...(tz ? { tz } : {}),
      }),
    });
  };
}
