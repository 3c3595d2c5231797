import type { ReactNode } from "react";
import { PageLink } from "@/ui/PageLink";

const PAGES = [
  { to: "data-health", label: "Overview" },
  { to: "data-health/targets", label: "Targets" },
  { to: "data-health/cardinality", label: "Cardinality" },
] as const;

/** The pages of this room. */
export function HealthNav({ here }: { here: (typeof PAGES)[number]["to"] }): ReactNode {
  return (
    <nav className="tabbar flush page-tabs" aria-label="Data health">
      {PAGES.map(({ to, label }) => (
        <PageLink key={to} to={to} aria-current={to === here ? "page" : undefined}>
          {label}
        </PageLink>
      ))}
    </nav>
  );
}
