import { Fragment, type ReactNode } from "react";
import { CopyButton } from "@/ui/controls";
import { formatSql, isSql, sqlParts } from "./sql";

/** A query as it was stored (values taken out), in lines if it is SQL. */
export function Statement({ text, system }: { text: string; system: string }): ReactNode {
  const shown = isSql(system, text) ? formatSql(text) : text;
  return (
    <figure className="snip statement" aria-label="Query">
      {/* biome-ignore lint/a11y/noNoninteractiveTabindex: a scrollable region is reached by keyboard. */}
      <pre tabIndex={0}>
        <code>
          {shown.split("\n").map((line, i) => (
            // biome-ignore lint/suspicious/noArrayIndexKey: lines of one text never move.
            <span key={i} className="ln">
              {sqlParts(line).map((part, k) => (
                // biome-ignore lint/suspicious/noArrayIndexKey: parts of one line never move.
                <Fragment key={k}>
                  {part.isKeyword ? <b className="keyword">{part.text}</b> : part.text}
                </Fragment>
              ))}
            </span>
          ))}
        </code>
      </pre>
      <figcaption className="faint xs">{system || "query"}, values left out</figcaption>
      <span className="copy">
        <CopyButton text={text} />
      </span>
    </figure>
  );
}
