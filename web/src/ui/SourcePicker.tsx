import { type ReactNode, useState } from "react";
import { type SnippetAddresses, SOURCES, type Source } from "@/lib/snippets";
import { ALL_SOURCES } from "@/lib/snippets-signals";
import { Snippet } from "./Snippet";
import { TabBar } from "./TabBar";

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
      <TabBar
        label="What sends the data"
        tabs={sources.map(({ id: one, label }) => ({ id: one, label }))}
        value={chosen.id}
        onChoose={setId}
        isFlush
      />
      <p className="faint s">
        {chosen.file}; {chosen.note}.
      </p>
      <Snippet label={`Lines for ${chosen.label}`} text={chosen.text(addresses, projectId)} diff />
    </div>
  );
}
