import type { ReactNode } from "react";
import { Icon } from "./Icon";
import "./peek.css";

/** In a row, on hover or focus: opens it beside the list. */
export function PeekButton({ name, onPeek }: { name: string; onPeek: () => void }): ReactNode {
  return (
    <button
      type="button"
      className="peek-open only-l"
      aria-label={`Open ${name} beside the list`}
      title="Open beside the list, Shift Enter"
      onClick={onPeek}
    >
      <Icon name="peek" />
    </button>
  );
}
