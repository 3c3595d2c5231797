import { type ReactNode, useEffect, useState } from "react";
import type { IssueList } from "@/api/issues";
import { useSearchState } from "@/api/scope";
import type { Loaded } from "@/lib/loaded";
import { count } from "@/lib/units";
import type { SearchMap } from "@/lib/url-state";
import { Button } from "@/ui/controls";
import { SeverityBars } from "@/ui/Glyph";
import { Icon } from "@/ui/Icon";
import { MenuItem, Popover } from "@/ui/Menu";
import { useDefer } from "@/ui/useDefer";
import { SEVERITIES, SORTS, severityOf, sortOf, VIEWS, type View } from "./views";

interface FilterBarProps {
  search: SearchMap;
  view: View;
  shown: number;
  value: Loaded<IssueList>;
}

/** Saved views as tabs, and below them the text, the severity and the order. */
export function FilterBar({ search, view, shown, value }: FilterBarProps): ReactNode {
  const [, change] = useSearchState();
  const severity = severityOf(search.severity);
  const sort = view.sort ?? sortOf(search.sort);
  return (
    <>
      <div className="tabbar" role="tablist" aria-label="Views">
        {VIEWS.map((one) => (
          <button
            key={one.id}
            type="button"
            role="tab"
            aria-selected={one.id === view.id}
            onClick={() =>
              change({ tab: one.id === VIEWS[0].id ? undefined : one.id, sel: undefined })
            }
          >
            {one.label}
            {one.id === view.id ? <Count view={view} shown={shown} value={value} /> : null}
          </button>
        ))}
      </div>
      <div className="filters">
        <TextFilter q={search.q ?? ""} onChange={(q) => change({ q, sel: undefined }, true)} />
        <Popover
          button={
            <>
              {severity ? <SeverityBars severity={severity} silent /> : null}
              {severity ?? "All severities"} <Icon name="down" small />
            </>
          }
        >
          {(close) =>
            [null, ...SEVERITIES].map((one) => (
              <MenuItem
                key={one ?? "all"}
                chosen={one === severity}
                onChoose={() => {
                  close();
                  change({ severity: one ?? undefined });
                }}
              >
                {one ? <SeverityBars severity={one} silent /> : null}
                {one ?? "All severities"}
              </MenuItem>
            ))
          }
        </Popover>
        <Popover
          align="end"
          button={
            <>
              <span className="faint only-l">by</span>{" "}
              {SORTS.find((one) => one.value === sort)?.label} <Icon name="down" small />
            </>
          }
          reason={
            view.sort ? `“${view.label}” is sorted by ${view.sort.replace("_", " ")}` : undefined
          }
        >
          {(close) =>
            SORTS.map((one) => (
              <MenuItem
                key={one.value}
                chosen={one.value === sort}
                onChoose={() => {
                  close();
                  change({ sort: one.value === "last_seen" ? undefined : one.value });
                }}
              >
                {one.label}
              </MenuItem>
            ))
          }
        </Popover>
        {severity || search.q ? (
          <Button kind="quiet" onClick={() => change({ q: undefined, severity: undefined })}>
            Clear
          </Button>
        ) : null}
      </div>
    </>
  );
}

/** Of views that the server cannot count, what is shown. */
function Count({ view, shown, value }: Omit<FilterBarProps, "search">): ReactNode {
  const isServers = view.id !== "new" && view.id !== "regressed";
  return (
    <span className="faint s tab-count">
      {value.state === "ready" ? count(isServers ? value.data.total : shown) : ""}
    </span>
  );
}

const TYPING_MS = 200;

function TextFilter({ q, onChange }: { q: string; onChange: (q: string) => void }): ReactNode {
  const [text, setText] = useState(q);
  const settled = useDefer(text, TYPING_MS);
  useEffect(() => setText(q), [q]);
  // biome-ignore lint/correctness/useExhaustiveDependencies: only what was typed is told, not what the address says.
  useEffect(() => {
    if (settled.trim() !== q && settled === text) onChange(settled.trim());
  }, [settled]);
  return (
    <span className="text-filter">
      <Icon name="find" />
      <input
        data-filter
        className="in"
        type="search"
        aria-label="Filter by id, title, type or culprit"
        placeholder="Id, title, type or culprit"
        value={text}
        onChange={(event) => setText(event.target.value)}
      />
      <kbd className="only-l">/</kbd>
    </span>
  );
}
