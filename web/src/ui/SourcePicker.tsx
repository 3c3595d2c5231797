import { type ReactNode, useState } from "react";
import { type SnippetAddresses, SOURCES, type Source } from "@/lib/snippets";
import { ALL_SOURCES } from "@/lib/snippets-signals";
import { Snippet } from "./Snippet";

interface SourceSnippetsProps {
  addresses: SnippetAddresses;
  projectId: number;
  /** Only sources that bring this. */
  brings?: Source["brings"];
}

/** The lines to add, a tab for each kind of sender, address and key filled in. */
export function SourceSnippets({ addresses, projectId, brings }: SourceSnippetsProps): ReactNode {
  const sources = brings ? ALL_SOURCES.filter((one) => one.brings === brings) : SOURCES;
  const [id, setId] = useState(sources[0]?.id);
  const chosen = sources.find((one) => one.id === id) ?? sources[0];
  if (chosen === undefined) return null;
  return (
    <div className="stack">
      <div className="tabbar flush" role="tablist" aria-label="What sends the data">
        {sources.map((one) => (
          <button
            key={one.id}
            type="button"
            role="tab"
            aria-selected={one.id === chosen.id}
            onClick={() => setId(one.id)}
          >
            {one.label}
          </button>
        ))}
      </div>
      <p className="faint s">
        {chosen.file}; {chosen.note}.
      </p>
      <Snippet label={`Lines for ${chosen.label}`} text={chosen.text(addresses, projectId)} diff />
    </div>
  );
}
