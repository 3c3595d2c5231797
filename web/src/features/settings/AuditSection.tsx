import type { ReactNode } from "react";
import type { Scope } from "@/api/scope";
import { useAudit } from "@/api/settings";
import type { AuditEntry } from "@/api/types";
import { moment } from "@/lib/time";
import { Async } from "@/ui/Async";
import { Button } from "@/ui/controls";
import { Panel } from "@/ui/Panel";
import { type Column, Table } from "@/ui/Table";

export function AuditSection({ scope }: { scope: Scope }): ReactNode {
  const { value, hasMore, isLoadingMore, loadMore } = useAudit(scope.org.slug);
  const columns: readonly Column<AuditEntry>[] = [
    { head: "When", width: "150px", cell: (one) => moment(one.at_ms, scope.zone, Date.now()) },
    {
      head: "Who",
      isWideOnly: true,
      width: "190px",
      cell: (one) => <span className="muted">{one.actor}</span>,
    },
    {
      head: "What",
      cell: (one) => (
        <span className="nm" title={factsText(one)}>
          <span className="mono">{one.action}</span>
          <span>{one.target}</span>
          <span className="faint s trunc">{factsText(one)}</span>
        </span>
      ),
    },
  ];
  return (
    <Panel title="Audit log" note={`who changed what in ${scope.org.name}`}>
      <Async
        value={value}
        empty={<p className="pad muted">Nothing has been changed yet.</p>}
        minHeight={154}
      >
        {(entries) => (
          <>
            <Table
              label="Audit log"
              rows={entries}
              rowKey={(one) => one.id}
              columns={columns}
              empty=""
            />
            {hasMore ? (
              <div className="pad">
                <Button busy={isLoadingMore} onClick={loadMore}>
                  Older entries
                </Button>
              </div>
            ) : null}
          </>
        )}
      </Async>
    </Panel>
  );
}

const factsText = ({ facts }: AuditEntry): string =>
  Object.entries(facts)
    .map(([key, value]) => `${key} ${typeof value === "string" ? value : JSON.stringify(value)}`)
    .join(", ");
