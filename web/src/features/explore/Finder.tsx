import { type ReactNode, useState } from "react";
import { type MetricFacts, useMetrics } from "@/api/explore";
import { count } from "@/lib/units";
import { Async } from "@/ui/Async";
import { Icon } from "@/ui/Icon";
import { Popover } from "@/ui/Menu";

interface FinderProps {
  projectId: number;
  onChoose: (name: string) => void;
}

/** Every metric with its type and help, by part of the name or of the help. */
export function Finder({ projectId, onChoose }: FinderProps): ReactNode {
  return (
    <Popover
      kind="dialog"
      align="end"
      buttonClass="btn"
      button={
        <>
          Metrics <Icon name="down" small />
        </>
      }
    >
      {(close) => (
        <Found
          projectId={projectId}
          onChoose={(name) => {
            close();
            onChoose(name);
          }}
        />
      )}
    </Popover>
  );
}

const MOST = 60;

function Found({ projectId, onChoose }: FinderProps): ReactNode {
  const metrics = useMetrics(projectId);
  const [text, setText] = useState("");
  return (
    <div className="finder">
      <input
        className="in"
        type="search"
        aria-label="Find a metric"
        placeholder="Part of the name or of the help"
        value={text}
        onChange={(event) => setText(event.target.value)}
      />
      <Async value={metrics} empty={<p className="pad muted">No metric so far.</p>} minHeight={200}>
        {(all) => <Rows found={find(all, text)} onChoose={onChoose} />}
      </Async>
    </div>
  );
}

export function find(all: readonly MetricFacts[], text: string): readonly MetricFacts[] {
  const words = text.toLowerCase().split(/\s+/).filter(Boolean);
  return all.filter(({ name, help }) => {
    const hay = `${name} ${help}`.toLowerCase();
    return words.every((word) => hay.includes(word));
  });
}

function Rows({
  found,
  onChoose,
}: {
  found: readonly MetricFacts[];
  onChoose: (name: string) => void;
}): ReactNode {
  return (
    <>
      <ul className="finder-list">
        {found.slice(0, MOST).map((one) => (
          <li key={one.name}>
            <button type="button" onClick={() => onChoose(one.name)}>
              <span className="mono trunc">{one.name}</span>
              <span className="faint s">{[one.type, one.unit].filter(Boolean).join(", ")}</span>
              <span className="muted s trunc help">{one.help || "No help was sent."}</span>
            </button>
          </li>
        ))}
      </ul>
      <p className="faint s foot">
        {found.length === 0 ? "No metric has that." : null}
        {found.length > MOST ? `${MOST} of ${count(found.length)}; type more` : null}
      </p>
    </>
  );
}
