import { type ReactNode, useState } from "react";
import { exportUrl, type LogFilter, useLogFacets } from "@/api/logs";
import { type Scope, usePreference, useSearchState } from "@/api/scope";
import { writePreference } from "@/lib/preferences";
import { Button, Checkbox } from "@/ui/controls";
import { Icon } from "@/ui/Icon";
import { Popover } from "@/ui/Menu";
import { AlertDialog } from "./AlertDialog";
import { columnsOf, columnsText, headOf, OWN_COLUMNS } from "./columns";

export const WRAP = "log-wrap";

interface ToolsProps {
  scope: Scope;
  filter: LogFilter;
  tab: string;
}

/** What can be done with the lines that are found. */
export function Tools({ scope, filter, tab }: ToolsProps): ReactNode {
  const [isAlerting, setAlerting] = useState(false);
  const isWrapped = usePreference(WRAP) === "on";
  const hasLines = tab === "search" || tab === "tail";
  return (
    <div className="row wrap log-tools">
      {hasLines ? (
        <>
          <Columns scope={scope} filter={filter} />
          <Checkbox
            label="Wrap"
            checked={isWrapped}
            onChange={(on) => writePreference(WRAP, on ? "on" : "off")}
          />
        </>
      ) : null}
      <Button
        onClick={() => setAlerting(true)}
        reason={filter.q === "" ? "Search for something first" : undefined}
      >
        Alert<span className="only-l"> on this</span>
      </Button>
      {tab === "search" ? (
        <Popover
          button={
            <>
              Export <Icon name="down" small />
            </>
          }
          align="end"
          kind="dialog"
          label="Export"
        >
          {(close) => (
            <div className="export-menu">
              {(["ndjson", "csv"] as const).map((format) => (
                <a
                  key={format}
                  className="btn quiet"
                  href={exportUrl(scope.project.id, filter, format)}
                  download={`logs.${format}`}
                  onClick={close}
                >
                  {format === "csv" ? "CSV" : "NDJSON, a line an object"}
                </a>
              ))}
              <p className="faint xs">What matches in the range, at most 100,000 lines.</p>
            </div>
          )}
        </Popover>
      ) : null}
      {isAlerting ? (
        <AlertDialog scope={scope} q={filter.q} onClose={() => setAlerting(false)} />
      ) : null}
    </div>
  );
}

const FACETS = ["service"];

function Columns({ scope, filter }: { scope: Scope; filter: LogFilter }): ReactNode {
  const [search, change] = useSearchState();
  const facets = useLogFacets(scope.project.id, filter, FACETS).value;
  const chosen = columnsOf(search.cols);
  const attributes = facets.state === "ready" ? facets.data.attributes : [];
  const all = [...new Set([...OWN_COLUMNS, ...attributes.map((key) => `attr.${key}`), ...chosen])];
  const toggle = (column: string, on: boolean): void =>
    change({
      cols: columnsText(on ? [...chosen, column] : chosen.filter((one) => one !== column)),
    });
  return (
    <Popover
      button={
        <>
          Columns <Icon name="down" small />
        </>
      }
      kind="dialog"
      label="Columns"
    >
      {() => (
        <div className="column-menu">
          {all.map((column) => (
            <Checkbox
              key={column}
              label={
                <span className={OWN_COLUMNS.includes(column) ? "" : "mono"}>{headOf(column)}</span>
              }
              checked={chosen.includes(column)}
              onChange={(on) => toggle(column, on)}
            />
          ))}
        </div>
      )}
    </Popover>
  );
}
