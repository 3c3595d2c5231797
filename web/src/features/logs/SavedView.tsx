import type { ReactNode } from "react";
import { type SavedLogQuery, useDeleteLogQuery, useSavedLogQueries } from "@/api/logs";
import type { Scope } from "@/api/scope";
import { count } from "@/lib/units";
import { Async } from "@/ui/Async";
import { Button } from "@/ui/controls";
import { Glyph } from "@/ui/Glyph";
import { PageLink } from "@/ui/PageLink";
import { Panel } from "@/ui/Panel";
import { type Column, Table } from "@/ui/Table";
import { toast } from "@/ui/Toasts";
import { alertExpression } from "./AlertDialog";

/** Searches that are counted, so that rules can watch them. */
export function SavedView({ scope }: { scope: Scope }): ReactNode {
  const value = useSavedLogQueries(scope.project.id);
  const remove = useDeleteLogQuery(scope.project.id);
  const columns: Column<SavedLogQuery>[] = [
    {
      head: "Name",
      cell: (one) => (
        <span className="nm">
          {one.error ? <Glyph status="warn" label={one.error} /> : null}
          <span className="m" title={one.error}>
            {one.name}
          </span>
        </span>
      ),
    },
    {
      head: "Search",
      cell: (one) => (
        <PageLink to="logs" search={{ q: one.q }} className="link mono">
          {one.q}
        </PageLink>
      ),
      width: "40%",
    },
    {
      head: "Matches",
      cell: (one) => count(one.matches),
      isNumber: true,
      width: "96px",
      isWideOnly: true,
    },
    {
      head: "By",
      cell: (one) => one.created_by.replace(/@.*/, ""),
      width: "110px",
      isWideOnly: true,
    },
    {
      head: "Rule, delete",
      isSilent: true,
      isNumber: true,
      width: "180px",
      cell: (one) => (
        <span className="row saved-acts">
          <PageLink
            to="alerts"
            search={{ tab: "rules", sel: "new", q: alertExpression(one.metric) }}
            className="btn sm"
          >
            Write a rule
          </PageLink>
          <Button
            small
            aria-label={`Delete ${one.name}`}
            onClick={() =>
              remove.mutate(one.id, {
                onSuccess: () => toast(`${one.name} is no longer counted`),
                onError: (error) => toast(error.message, { status: "crit" }),
              })
            }
          >
            Delete
          </Button>
        </span>
      ),
    },
  ];
  return (
    <Panel
      title="Counted searches"
      note={value.state === "ready" ? `${value.data.queries.length} of ${value.data.most}` : ""}
    >
      <Async value={value} empty={null} minHeight={200}>
        {(data) => (
          <Table
            label="Counted searches"
            rows={data.queries}
            rowKey={(one) => one.id}
            columns={columns}
            empty="None yet. Search for something and press “Alert on this”: it is counted from then on, and a rule can watch the count."
          />
        )}
      </Async>
    </Panel>
  );
}
