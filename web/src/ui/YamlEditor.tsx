import { type FormEvent, type ReactNode, useEffect, useState } from "react";
import { Button, CodeField } from "./controls";

interface YamlEditorProps {
  label: string;
  hint?: ReactNode;
  /** What is kept on the server; "" if nothing is. */
  source: string;
  /** What stands in the field while nothing is kept. */
  initial?: string;
  verb: string;
  isBusy: boolean;
  /** What the server says is wrong, with its line. */
  error: string | null;
  rows?: number;
  onSave: (source: string) => void;
}

/** A text with Save; what was typed is kept when the server refuses it. */
export function YamlEditor(props: YamlEditorProps): ReactNode {
  const { label, hint, source, initial = "", verb, isBusy, error, rows = 18, onSave } = props;
  const [text, setText] = useState(source || initial);
  useEffect(() => setText(source || initial), [source, initial]);
  const submit = (event: FormEvent): void => {
    event.preventDefault();
    onSave(text);
  };
  return (
    <form className="stack" onSubmit={submit}>
      <CodeField
        label={label}
        hint={hint}
        rows={rows}
        value={text}
        error={error}
        onChange={setText}
      />
      <span className="row">
        <Button
          type="submit"
          kind="primary"
          busy={isBusy}
          reason={text === source ? "Nothing has changed" : undefined}
        >
          {verb}
        </Button>
        {text === (source || initial) ? null : (
          <Button onClick={() => setText(source || initial)}>Discard changes</Button>
        )}
      </span>
    </form>
  );
}
