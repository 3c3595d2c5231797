import type { ReactNode } from "react";
import { Button } from "./controls";
import { Icon } from "./Icon";
import "./text-filter.css";

interface TextFilterProps {
  label: string;
  /** What can be typed; the label where it says it. */
  placeholder?: string;
  text: string;
  onText: (text: string) => void;
  /** The one service that is shown; empty for all. */
  service?: string;
  onNoService?: () => void;
  /** At the right end. */
  children?: ReactNode;
}

/** A field over a table or list, with what narrows it otherwise; `/` goes to it. */
export function TextFilter(props: TextFilterProps): ReactNode {
  const { label, placeholder = label, text, onText, service = "", onNoService, children } = props;
  return (
    <search className="table-filter">
      <span className="find-field">
        <Icon name="find" />
        <input
          data-filter
          className="in"
          type="search"
          aria-label={label}
          placeholder={placeholder}
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
