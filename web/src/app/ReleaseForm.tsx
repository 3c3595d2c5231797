import { type ReactNode, useState } from "react";
import { type Scope, useSearchState } from "@/api/scope";
import { Button, TextField } from "@/ui/controls";

/** One release, as its SDK names it, for the pages that can be narrowed to it. */
export function ReleaseForm({ scope, onDone }: { scope: Scope; onDone: () => void }): ReactNode {
  const [, change] = useSearchState();
  const [text, setText] = useState(scope.release ?? "");
  const set = (release: string | undefined): void => {
    change({ release });
    onDone();
  };
  return (
    <form
      className="range-pop"
      onSubmit={(event) => {
        event.preventDefault();
        set(text.trim() || undefined);
      }}
    >
      <TextField
        label="Release"
        hint="As your SDK sends it, such as web 2026.11.20-3"
        value={text}
        onChange={setText}
      />
      <span className="row">
        <Button type="submit" kind="primary">
          Show this release
        </Button>
        <Button onClick={() => set(undefined)}>All releases</Button>
      </span>
    </form>
  );
}
