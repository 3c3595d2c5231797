import type { ReactNode } from "react";
import { Button } from "@/ui/controls";
import { Icon } from "@/ui/Icon";

interface TextFilterProps {
  label: string;
  text: string;
  onText: (text: string) => void;
  /** The one service that is shown; empty for all. */
  service?: string;
  onNoService?: () => void;
  /** At the right end. */
  children?: ReactNode;
}

/** A field over a table, with what narrows it otherwise. */
export function TextFilter(props: TextFilterProps): ReactNode {
  const { label, text, onText, service = "", onNoService, children } = props;
  return (
    <search className="table-filter">
      <span className="find-field">
        <Icon name="find" />
        <input
          data-filter
          className="in"
          type="search"
          aria-label={label}
          placeholder={label}
          value={text}
          onChange={(event) => onText(event.target.value)}
        />
      </span>
      {service ? (
        <Button small onClick={onNoService} title="Show all services">
          {service}
          <Icon name="close" small />
        </Button>
      ) : null}
      <span className="grow" />
      {children}
    </search>
  );
}
