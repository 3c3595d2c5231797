import type { ReactNode } from "react";
import { CopyButton } from "./controls";

interface SnippetProps {
  /** What it is, for screen readers: "Lines for Python". */
  label: string;
  /** Lines; those that begin with `+` are to be added, with `-` to be removed. */
  text: string;
  /** Set where `text` is a diff. */
  diff?: boolean;
}

/** Exact lines with Copy. In a diff only the lines that stay or are added are copied. */
export function Snippet({ label, text, diff = false }: SnippetProps): ReactNode {
  const lines = text.split("\n").map((line) => parse(line, diff));
  const copied = lines
    .filter((line) => line.kind !== "del")
    .map((line) => line.text)
    .join("\n");
  return (
    <figure className="snip" aria-label={label}>
      {/* biome-ignore lint/a11y/noNoninteractiveTabindex: a scrollable region is reached by keyboard. */}
      <pre tabIndex={0}>
        <code>
          {lines.map((line, i) => (
            // biome-ignore lint/suspicious/noArrayIndexKey: lines of one text never move.
            <span key={i} className={`ln ${line.kind}`}>
              {line.text || " "}
            </span>
          ))}
        </code>
      </pre>
      <span className="copy">
        <CopyButton text={copied} />
      </span>
    </figure>
  );
}

function parse(line: string, diff: boolean): { kind: "add" | "del" | "same"; text: string } {
  if (diff && line.startsWith("+")) return { kind: "add", text: line.slice(1) };
  if (diff && line.startsWith("-")) return { kind: "del", text: line.slice(1) };
  return { kind: "same", text: diff && line.startsWith(" ") ? line.slice(1) : line };
}
