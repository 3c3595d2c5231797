import { type FormEvent, type ReactNode, useState } from "react";
import { type Erasure, useLastErasure, useStartErasure } from "@/api/privacy";
import { toFailure } from "@/api/queries";
import type { Scope } from "@/api/scope";
import { moment } from "@/lib/time";
import { count } from "@/lib/units";
import { Async } from "@/ui/Async";
import { Button, CopyButton, TextField } from "@/ui/controls";
import { Confirm } from "@/ui/Dialog";
import { Glyph } from "@/ui/Glyph";
import { Panel } from "@/ui/Panel";
import { storeWords } from "./words";

/** Looks what a person left in this project, takes it out, and proves it. */
export function ErasePanel({ scope }: { scope: Scope }): ReactNode {
  const last = useLastErasure(scope.project.id);
  return (
    <Panel title="Erase a person" note={`from ${scope.project.name}`}>
      {last.state === "failed" && last.failure.code === "forbidden" ? (
        <p className="pad muted">Only admins may look for a person and erase them.</p>
      ) : (
        <Async value={last} empty={null} minHeight={120}>
          {(erasure) => <EraseForm scope={scope} last={erasure} />}
        </Async>
      )}
    </Panel>
  );
}

function EraseForm({ scope, last }: { scope: Scope; last: Erasure | null }): ReactNode {
  const [user, setUser] = useState("");
  const [looked, setLooked] = useState("");
  const [asks, setAsks] = useState(false);
  const start = useStartErasure(scope.project.id);
  const who = user.trim();
  const isRunning = last?.state === "running";
  const isFound = last?.state === "done" && last.dry_run && looked === who && who !== "";
  const rows = last?.found.reduce((sum, one) => sum + one.rows, 0) ?? 0;
  const look = (event: FormEvent): void => {
    event.preventDefault();
    setLooked(who);
    start.mutate({ user: who, dry_run: true });
  };
  const erase = (): void => {
    setAsks(false);
    start.mutate({ user: who, dry_run: false });
  };
  const reason = isRunning ? "One at a time: another is running" : who ? undefined : "Say who";
  return (
    <div className="form wide">
      <form className="form line erase" onSubmit={look}>
        <TextField
          label="Id, name or e-mail address"
          hint="As your SDKs send it. Pseudonyms and hashes of it are found too."
          value={user}
          maxLength={500}
          autoComplete="off"
          spellCheck={false}
          error={start.error ? toFailure(start.error).message : null}
          onChange={setUser}
        />
        <Button type="submit" busy={start.isPending} reason={reason}>
          Look
        </Button>
        <Button
          kind="danger"
          reason={
            isFound
              ? rows === 0
                ? "Nothing of them was found"
                : undefined
              : (reason ?? "Look first what there is")
          }
          onClick={() => setAsks(true)}
        >
          Erase
        </Button>
      </form>
      {last && (isRunning || !last.dry_run || looked !== "") ? (
        <State erasure={last} scope={scope} />
      ) : null}
      <Everywhere who={who} />
      <Confirm
        title="Erase this person?"
        consequence={
          <p>
            {count(rows)} {rows === 1 ? "row" : "rows"} and files of <b>{who}</b> go from{" "}
            {scope.project.name}, for good. Nothing brings them back but a backup.
          </p>
        }
        verb="Erase for good"
        open={asks}
        onClose={() => setAsks(false)}
        onConfirm={erase}
      />
    </div>
  );
}

function State({ erasure, scope }: { erasure: Erasure; scope: Scope }): ReactNode {
  const since = moment(erasure.started_ms, scope.zone, Date.now());
  if (erasure.state === "running")
    return (
      <div className="stack tight" role="status">
        <span className="row s">
          <i className="pulse" aria-hidden="true" />
          {erasure.dry_run ? "Looking through all stores" : `Erasing: ${erasure.step}`}, since{" "}
          {since}
        </span>
        <progress
          aria-label="Progress"
          max={erasure.total}
          value={erasure.dry_run ? undefined : erasure.done}
        />
      </div>
    );
  if (erasure.state === "failed")
    return (
      <p className="row crit s" role="alert">
        <Glyph status="crit" label="" />
        {erasure.error}
      </p>
    );
  const isLeft = erasure.left.length > 0;
  return (
    <div className="stack tight" role="status">
      <p className="row s">
        <Glyph status={isLeft ? "crit" : erasure.dry_run ? "note" : "ok"} label="" />
        <span>{sentenceOf(erasure)}</span>
        <span className="faint">{since}</span>
      </p>
      {erasure.found.length > 0 ? <Places erasure={erasure} /> : null}
      {erasure.backups_ms.length > 0 ? (
        <p className="s row warn">
          <Glyph status="warn" label="" />
          <span>
            Backups may hold the person:{" "}
            {erasure.backups_ms.map((at) => moment(at, scope.zone, Date.now())).join(", ")}. Delete
            or rewrite them.
          </span>
        </p>
      ) : null}
      <ul className="notes faint s">
        {erasure.notes.map((one) => (
          <li key={one}>{one.replaceAll("`", "")}</li>
        ))}
      </ul>
    </div>
  );
}

function sentenceOf(erasure: Erasure): string {
  if (erasure.left.length > 0)
    return `Still there: ${erasure.left.map((one) => `${one.place} (${one.rows})`).join(", ")}`;
  if (!erasure.dry_run) return "Erased. All tables were asked again: nothing is left";
  return erasure.found.length === 0 ? "Nothing was found" : "This would go";
}

function Places({ erasure }: { erasure: Erasure }): ReactNode {
  const files = erasure.found.filter((one) => one.store === "blobs");
  const rows = erasure.found.filter((one) => one.store !== "blobs");
  return (
    <table className="t" aria-label={erasure.dry_run ? "What would go" : "What went"}>
      <thead>
        <tr>
          <th scope="col">Where</th>
          <th scope="col">In</th>
          <th scope="col" className="num">
            Rows
          </th>
        </tr>
      </thead>
      <tbody>
        {rows.map((one) => (
          <tr key={`${one.store} ${one.place}`}>
            <td className="mono">{one.place}</td>
            <td className="muted">{storeWords(one.store)}</td>
            <td className="num">{count(one.rows)}</td>
          </tr>
        ))}
        {files.length > 0 ? (
          <tr>
            <td>Attachments and recordings</td>
            <td className="muted">{storeWords("blobs")}</td>
            <td className="num">{count(files.length)}</td>
          </tr>
        ) : null}
      </tbody>
    </table>
  );
}

/** The command that reaches all projects and searches every file. */
function Everywhere({ who }: { who: string }): ReactNode {
  const command = `watchkeeper erase --user ${quoted(who || "ID")}`;
  return (
    <div className="field">
      <span className="label">In every project, with a search of every file</span>
      <span className="row command">
        <code className="mono trunc">{command}</code>
        <CopyButton text={command} />
      </span>
      <span className="hint">On the server; it may go on running.</span>
    </div>
  );
}

/** As a shell takes it for one word. */
const quoted = (text: string): string =>
  /^[\w@.:+-]+$/.test(text) ? text : `'${text.replaceAll("'", "'\\''")}'`;
