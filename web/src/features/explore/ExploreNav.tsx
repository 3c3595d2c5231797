import type { ReactNode } from "react";
import { PageLink } from "@/ui/PageLink";

export const VIEWS = ["graph", "table", "heatmap", "raw", "forecast"] as const;
export type View = (typeof VIEWS)[number];

const LABELS: Record<View, string> = {
  graph: "Graph",
  table: "Table",
  heatmap: "Heatmap",
  raw: "Raw",
  forecast: "Forecast",
};

export const viewOf = (text: string | undefined): View =>
  VIEWS.find((one) => one === text) ?? "graph";

interface ExploreNavProps {
  /** null: on the catalogue. */
  view: View | null;
  onView: (view: View | undefined) => void;
}

/** How answers are shown, and the way to the catalogue. */
export function ExploreNav({ view, onView }: ExploreNavProps): ReactNode {
  return (
    <div className="explore-nav">
      <div className="tabbar flush" role="tablist" aria-label="Show answers as">
        {VIEWS.map((one) => (
          <button
            key={one}
            type="button"
            role="tab"
            aria-selected={one === view}
            onClick={() => onView(one === "graph" ? undefined : one)}
          >
            {LABELS[one]}
          </button>
        ))}
      </div>
      <span className="grow" />
      <PageLink to="explore/metrics" className="link s">
        All metrics
      </PageLink>
    </div>
  );
}
