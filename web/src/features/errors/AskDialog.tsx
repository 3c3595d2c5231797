import { type FormEvent, type ReactNode, useState } from "react";
import type { Ignore, IssueChange } from "@/api/issue-acts";
import { useReleases } from "@/api/releases";
import type { Scope } from "@/api/scope";
import { parseDuration } from "@/lib/time";
import { Button, SelectField, TextField } from "@/ui/controls";
import { Dialog } from "@/ui/Dialog";

export type Asked = "release" | "commit" | "ignore";

interface AskProps {
  asked: Asked;
  scope: Scope;
  onClose: () => void;
  onChange: (change: IssueChange) => void;
}

const TITLES = {
  release: "Resolve in a release",
  commit: "Resolve in a commit",
  ignore: "Ignore until",
};

/** Asks for what an act needs: a release, a commit, or the end of ignoring. */
export function AskDialog({ asked, scope, onClose, onChange }: AskProps): ReactNode {
  const done = (change: IssueChange): void => {
    onClose();
    onChange(change);
  };
  return (
    <Dialog title={TITLES[asked]} open onClose={onClose}>
      {asked === "release" ? <AskRelease scope={scope} onDone={done} /> : null}
      {asked === "commit" ? <AskCommit onDone={done} /> : null}
      {asked === "ignore" ? <AskEnd onDone={done} /> : null}
    </Dialog>
  );
}

type Answers = { onDone: (change: IssueChange) => void };

function AskRelease({ scope, onDone }: Answers & { scope: Scope }): ReactNode {
  const { value } = useReleases(scope, "", 0);
  const known = value.state === "ready" ? value.data.releases.map((one) => one.version) : [];
  const [release, setRelease] = useState("");
  const submit = (event: FormEvent): void => {
    event.preventDefault();
    onDone({ resolve: { kind: "release", release: release.trim() } });
  };
  return (
    <form className="stack" onSubmit={submit}>
      <TextField
        label="Release"
        hint="An error of an older release does not bring it back."
        value={release}
        onChange={setRelease}
        required
        list="known-releases"
        maxLength={250}
        autoFocus
      />
      <datalist id="known-releases">
        {known.map((one) => (
          <option key={one} value={one} />
        ))}
      </datalist>
      <Foot verb="Resolve" isReady={release.trim() !== ""} />
    </form>
  );
}

function AskCommit({ onDone }: Answers): ReactNode {
  const [commit, setCommit] = useState("");
  const isId = /^[0-9a-f]{7,64}$/i.test(commit.trim());
  const submit = (event: FormEvent): void => {
    event.preventDefault();
    if (isId) onDone({ resolve: { kind: "commit", commit: commit.trim().toLowerCase() } });
  };
  return (
    <form className="stack" onSubmit={submit}>
      <TextField
        label="Commit"
        hint="It counts from the first release that has the commit."
        error={commit !== "" && !isId ? "7 to 64 hex digits" : null}
        value={commit}
        onChange={setCommit}
        required
        autoFocus
      />
      <Foot verb="Resolve" isReady={isId} />
    </form>
  );
}

const ENDS = [
  { value: "for", label: "a time has passed" },
  { value: "events", label: "it came so many more times" },
  { value: "users", label: "so many more people had it" },
];

function AskEnd({ onDone }: Answers): ReactNode {
  const [kind, setKind] = useState("for");
  const [text, setText] = useState("");
  const [window, setWindow] = useState("");
  const wanted = endOf(kind, text, window);
  const submit = (event: FormEvent): void => {
    event.preventDefault();
    if (wanted) onDone({ ignore: wanted });
  };
  return (
    <form className="stack" onSubmit={submit}>
      <SelectField label="Until" value={kind} options={ENDS} onChange={setKind} />
      <TextField
        label={kind === "for" ? "Time" : "How many"}
        hint={kind === "for" ? "Such as 90m, 12h or 3d, at most 366d" : "A whole number"}
        value={text}
        onChange={setText}
        required
        autoFocus
      />
      {kind === "events" ? (
        <TextField
          label="Within"
          hint="Such as 1h; empty: however long it takes"
          value={window}
          onChange={setWindow}
        />
      ) : null}
      <Foot verb="Ignore" isReady={wanted !== null} />
    </form>
  );
}

const MINUTE_MS = 60_000;

/** The end that the fields name; null while they do not name one. */
export function endOf(kind: string, text: string, window: string): Ignore | null {
  if (kind === "for") {
    const ms = parseDuration(text.trim());
    return ms !== null && ms >= MINUTE_MS ? { for_ms: ms } : null;
  }
  if (!/^\d{1,9}$/.test(text.trim()) || Number(text) < 1) return null;
  if (kind === "users") return { users: Number(text) };
  if (window.trim() === "") return { events: Number(text) };
  const ms = parseDuration(window.trim());
  return ms !== null && ms >= MINUTE_MS ? { events: Number(text), window_ms: ms } : null;
}

function Foot({ verb, isReady }: { verb: string; isReady: boolean }): ReactNode {
  return (
    <div className="foot">
      <Button
        type="submit"
        kind="primary"
        reason={isReady ? undefined : "Something is still missing"}
      >
        {verb}
      </Button>
    </div>
  );
}
