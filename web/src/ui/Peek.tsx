import type { ReactNode } from "react";
import type { SearchMap } from "@/lib/url-state";
import { Button } from "./controls";
import { Icon } from "./Icon";
import { PageLink } from "./PageLink";
import "./peek.css";

interface PeekProps {
  /** What is looked at: "Issue ACADEMY-4". */
  label: string;
  /** Where all of it is, below `/o/{org}/`; null for what has no page of its own. */
  page: { readonly to: string; readonly search?: SearchMap } | null;
  /** −1: the row before, 1: the row after. */
  onMove: (by: 1 | -1) => void;
  onClose: () => void;
  children: ReactNode;
}

/** A row of a list opened beside it. The list stays where it was, and its keys go on. */
export function Peek({ label, page, onMove, onClose, children }: PeekProps): ReactNode {
  return (
    <aside className="peek" aria-label={label}>
      <header className="peek-head">
        <h2 className="trunc">{label}</h2>
        <span className="grow" />
        <span className="seg">
          <button
            type="button"
            className="ctl icon"
            aria-label="Row before"
            title="Row before, K"
            onClick={() => onMove(-1)}
          >
            <Icon name="left" />
          </button>
          <button
            type="button"
            className="ctl icon"
            aria-label="Next row"
            title="Next row, J"
            onClick={() => onMove(1)}
          >
            <Icon name="right" />
          </button>
        </span>
        {page === null ? null : (
          <PageLink
            to={page.to}
            {...(page.search ? { search: page.search } : {})}
            className="btn sm"
            title="Open in full, Enter"
          >
            Open in full
          </PageLink>
        )}
        <Button small kind="quiet" aria-label="Close" title="Close, Esc" onClick={onClose}>
          <Icon name="close" small />
        </Button>
      </header>
      <div className="peek-body">{children}</div>
    </aside>
  );
}
