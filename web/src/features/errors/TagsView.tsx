import type { ReactNode } from "react";
import { useTagValues } from "@/api/issue-facts";
import type { IssueDetail } from "@/api/issues";
import { type Scope, useSearchState } from "@/api/scope";
import { count, percent } from "@/lib/units";
import { Ago } from "@/ui/Ago";
import { Async, SkeletonRows } from "@/ui/Async";
import { Table } from "@/ui/Table";

const FIELDS = ["user", "url", "transaction", "release", "environment", "server_name"];

import "./issue-views.css";

/** Every value of one tag, or of a field of the events, with how often it came. */
export function TagsView({ issue, scope }: { issue: IssueDetail; scope: Scope }): ReactNode {
  const [search, change] = useSearchState();
  const keys = [...new Set([...issue.tags.map((one) => one.key), ...FIELDS])];
  const key = search.key ?? keys[0] ?? "";
  const value = useTagValues(scope.project.id, issue.short_id, scope.range, key);
  return (
    <section className="panel open tags-view" aria-label="Tags">
      <nav aria-label="Tags">
        <ul>
          {keys.map((one) => (
            <li key={one}>
              <button
                type="button"
                className="mono trunc"
                aria-pressed={one === key}
                onClick={() => change({ key: one }, true)}
              >
                {one}
              </button>
            </li>
          ))}
        </ul>
      </nav>
      <div>
        <Async value={value} empty={null} minHeight={320} skeleton={<SkeletonRows rows={8} />}>
          {({ values, total }) => (
            <Table
              label={`Values of ${key}`}
              rows={values}
              rowKey={(row) => row.value}
              empty={`No event of the issue in the range has ${key}.`}
              columns={[
                {
                  head: `${key}, ${count(values.length)} ${values.length === 1 ? "value" : "values"} in ${count(total)} ${total === 1 ? "event" : "events"}`,
                  cell: (row) => (
                    <span className="mono trunc" title={row.value}>
                      {row.value || "empty"}
                    </span>
                  ),
                },
                { head: "Events", isNumber: true, width: "80px", cell: (row) => count(row.count) },
                { head: "Share", isNumber: true, width: "80px", cell: (row) => percent(row.ratio) },
                {
                  head: "First",
                  isNumber: true,
                  isWideOnly: true,
                  width: "110px",
                  cell: (row) => <Ago atMs={row.first_ms} zone={scope.zone} />,
                },
                {
                  head: "Last",
                  isNumber: true,
                  isWideOnly: true,
                  width: "110px",
                  cell: (row) => <Ago atMs={row.last_ms} zone={scope.zone} />,
                },
              ]}
            />
          )}
        </Async>
      </div>
    </section>
  );
}
