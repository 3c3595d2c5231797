import type { ReactNode } from "react";
import { curlOf } from "@/api/explore";
import { type Scope, usePreference } from "@/api/scope";
import { Icon } from "@/ui/Icon";
import { MenuItem, Popover } from "@/ui/Menu";
import { toast } from "@/ui/Toasts";
import { historyName, parseHistory } from "./history";
import type { Query } from "./link";

interface HistoryProps {
  projectId: number;
  onChoose: (text: string) => void;
}

/** Queries of this project that were run in this browser. */
export function History({ projectId, onChoose }: HistoryProps): ReactNode {
  const all = parseHistory(usePreference(historyName(projectId)));
  return (
    <Popover
      align="end"
      buttonClass="btn"
      reason={all.length === 0 ? "No query was run in this browser yet" : undefined}
      button={
        <>
          History <Icon name="down" small />
        </>
      }
    >
      {(close) =>
        all.slice(0, 20).map((text) => (
          <MenuItem
            key={text}
            onChoose={() => {
              close();
              onChoose(text);
            }}
          >
            <span className="mono trunc history-text" title={text}>
              {text}
            </span>
          </MenuItem>
        ))
      }
    </Popover>
  );
}

interface MoreProps {
  index: number;
  of: number;
  draft: string;
  query: Query;
  scope: Scope;
  isFull: boolean;
  isForm: boolean;
  onForm: () => void;
  onSet: (patch: Partial<Query>) => void;
  onMove: (by: number) => void;
  onCopy: () => void;
  onRemove: (() => void) | undefined;
}

/** What can be done with a query as a whole. */
export function More(props: MoreProps): ReactNode {
  const { index, of, draft, query, scope } = props;
  const copy = async (text: string): Promise<void> => {
    await navigator.clipboard.writeText(text).then(
      () => toast("Copied; set WATCHKEEPER_TOKEN to an API token"),
      () => toast("The browser did not allow copying", { status: "warn" }),
    );
  };
  return (
    <Popover align="end" buttonClass="btn icon" label="More" button={<Icon name="more" />}>
      {(close) => {
        const item = (label: string, act: () => void): ReactNode => (
          <MenuItem
            onChoose={() => {
              close();
              act();
            }}
          >
            {label}
          </MenuItem>
        );
        return (
          <>
            {item(props.isForm ? "Edit as text" : "Edit in a form", props.onForm)}
            {item(
              "Copy as curl",
              () => void copy(curlOf(scope.project.id, draft, query.stepMs, scope.range)),
            )}
            <hr />
            {props.isFull ? null : item("Duplicate", props.onCopy)}
            {item(query.isOff ? "Switch on" : "Switch off", () =>
              props.onSet({ isOff: !query.isOff }),
            )}
            {index > 0 ? item("Move up", () => props.onMove(-1)) : null}
            {index < of - 1 ? item("Move down", () => props.onMove(1)) : null}
            {props.onRemove ? item("Remove", props.onRemove) : null}
          </>
        );
      }}
    </Popover>
  );
}
