import type { ReactNode } from "react";
import { useId } from "react";

interface PanelProps {
  title: string;
  /** A quiet word beside the title: what is counted, how it is sorted. */
  note?: ReactNode;
  /** At the right end: a link with class `more`, or buttons. */
  more?: ReactNode;
  className?: string;
  children: ReactNode;
}

export function Panel({ title, note, more, className, children }: PanelProps): ReactNode {
  const id = useId();
  return (
    <section className={className ? `panel ${className}` : "panel"} aria-labelledby={id}>
      <div className="ph">
        <h2 id={id}>{title}</h2>
        {note ? <span className="faint s trunc">{note}</span> : null}
        {more ? <span className="row more">{more}</span> : null}
      </div>
      {children}
    </section>
  );
}

export type Tone = "plain" | "ok" | "warn" | "crit" | "info";

export function Tag({
  tone = "plain",
  title,
  children,
}: {
  tone?: Tone;
  title?: string;
  children: ReactNode;
}): ReactNode {
  return (
    <span className={tone === "plain" ? "tag" : `tag ${tone}`} title={title}>
      {children}
    </span>
  );
}

/** Initials of a person; the name stands beside it. */
export function Avatar({ name }: { name: string }): ReactNode {
  const words = name.trim().split(/\s+/);
  const initials = (
    (words[0]?.[0] ?? "") + (words.length > 1 ? (words.at(-1)?.[0] ?? "") : "")
  ).toUpperCase();
  return (
    <span className="av" aria-hidden="true">
      {initials || "?"}
    </span>
  );
}
