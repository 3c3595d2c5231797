import type { ReactNode } from "react";
import { PageLink } from "@/ui/PageLink";
import { TabBar } from "@/ui/TabBar";

export const VIEWS = ["graph", "table", "heatmap", "raw", "forecast"] as const;
export type View = (typeof VIEWS)[number];

const LABELS: Record<View, string> = {
  graph: "Graph",
  table: "Table",
  heatmap: "Heatmap",
  raw: "Raw",
  forecast: "Forecast",
};

const TABS = VIEWS.map((id) => ({ id, label: LABELS[id] }));

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
    <div className="page-tabs">
      <TabBar
        label="Show answers as"
        tabs={TABS}
        value={view}
        onChoose={(id) => onView(id === "graph" ? undefined : id)}
        isFlush
      />
      <PageLink to="explore/metrics" className="link s">
        All metrics
      </PageLink>
    </div>
  );
}
