import { type ReactNode, useState } from "react";
import type { Preview } from "@/api/privacy";
import type { Loaded } from "@/lib/loaded";
import { Async } from "@/ui/Async";
import { CodeField, Switch } from "@/ui/controls";
import { Difference } from "./Difference";

const EXAMPLE = `{
  "user": { "id": "7", "email": "ada@example.org" },
  "extra": { "patient_no": "PN-123456" }
}`;
const SOURCES = [
  { value: "newest", label: "Newest event" },
  { value: "pasted", label: "Pasted" },
] as const;

interface TryOutProps {
  value: Loaded<Preview>;
  refreshing: boolean;
  isPasted: boolean;
  onSample: (sample: Record<string, unknown> | null) => void;
}

/** What the rules would do, to a real event or to anything that is pasted; nothing is saved. */
export function TryOut({ value, refreshing, isPasted, onSample }: TryOutProps): ReactNode {
  const [text, setText] = useState(EXAMPLE);
  const [complaint, setComplaint] = useState<string | null>(null);
  const take = (written: string): void => {
    setText(written);
    const read = objectOf(written);
    setComplaint(typeof read === "string" ? read : null);
    if (typeof read !== "string") onSample(read);
  };
  return (
    <section className="try-out" aria-label="Try the rules out" aria-busy={refreshing}>
      <div className="row wrap head">
        <h3>Try them out</h3>
        <Switch
          label="What the rules are tried on"
          value={isPasted ? "pasted" : "newest"}
          options={SOURCES}
          onChange={(source) => (source === "pasted" ? take(text) : onSample(null))}
        />
        <span className="faint s">nothing is saved or sent on</span>
      </div>
      {isPasted ? (
        <CodeField
          label="An event, or attributes of a span or log line"
          hint={
            <>
              JSON; attributes as <code>{'{"attributes": {…}}'}</code>
            </>
          }
          error={complaint}
          rows={7}
          value={text}
          onChange={take}
        />
      ) : null}
      <Async
        value={value}
        minHeight={90}
        empty={
          <p className="muted">No event is stored yet. Paste one, or send one from “Send data”.</p>
        }
      >
        {(preview) => <Difference preview={preview} isPasted={isPasted} />}
      </Async>
    </section>
  );
}

/** The object that a text is, or what is wrong with it. */
function objectOf(text: string): Record<string, unknown> | string {
  try {
    const value: unknown = JSON.parse(text);
    if (typeof value === "object" && value !== null && !Array.isArray(value))
      return value as Record<string, unknown>;
    return "It must be a JSON object: { … }";
  } catch (error) {
    return error instanceof Error ? `Not JSON yet: ${error.message}` : "Not JSON yet";
  }
}
