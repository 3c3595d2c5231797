import type { ReactNode } from "react";
import { PageLink } from "@/ui/PageLink";

const TABS = [
  { id: "issues", label: "Issues", to: "errors" },
  { id: "breakdown", label: "Breakdown", to: "errors/breakdown" },
  { id: "releases", label: "Releases", to: "errors/releases" },
  { id: "feedback", label: "Feedback", to: "errors/feedback" },
  { id: "monitors", label: "Cron jobs", to: "errors/monitors" },
] as const;

/** The pages of errors that look at the whole project. */
export function ErrorTabs({ current }: { current: (typeof TABS)[number]["id"] }): ReactNode {
  return (
    <nav className="tabbar flush page-tabs" aria-label="Errors">
      {TABS.map((one) => (
        <PageLink key={one.id} to={one.to} aria-current={one.id === current ? "page" : undefined}>
          {one.label}
        </PageLink>
      ))}
    </nav>
  );
}
