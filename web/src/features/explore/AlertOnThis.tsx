import type { ReactNode } from "react";
import type { ExploreAnswer } from "@/api/explore";
import { PageLink } from "@/ui/PageLink";
import { draftExpression } from "./draft";

/** Leads to the rule editor with a rule on this query. */
export function AlertOnThis({
  expr,
  answer,
}: {
  expr: string;
  answer: ExploreAnswer | null;
}): ReactNode {
  return (
    <PageLink
      to="alerts"
      search={{ tab: "rules", sel: "new", q: draftExpression(expr, answer) }}
      className="btn sm alert-on"
    >
      Alert on this
    </PageLink>
  );
}
