import { type FormEvent, type ReactNode, useState } from "react";
import type { Scope } from "@/api/scope";
import { useChangeKey, useCreateKey, useKeys, useRotateKey } from "@/api/settings";
import type { IngestKey } from "@/api/types";
import { Ago } from "@/ui/Ago";
import { Async } from "@/ui/Async";
import { Button, CopyButton, SelectField, TextField } from "@/ui/controls";
import { Confirm } from "@/ui/Dialog";
import { Glyph } from "@/ui/Glyph";
import { Panel, Tag } from "@/ui/Panel";
import { report } from "./report";

const KINDS = [
  { value: "public", label: "Public: SDKs and browsers" },
  { value: "server", label: "Server: all ingest" },
];

export function KeysSection({ scope }: { scope: Scope }): ReactNode {
  const keys = useKeys(scope.project.id);
  return (
    <>
      <Panel title="Ingest keys" note="they write, and never read">
        <Async
          value={keys}
          empty={<p className="pad muted">No key yet. Without one nothing is accepted.</p>}
          minHeight={190}
        >
          {(all) => all.map((key) => <KeyRow key={key.id} ingestKey={key} scope={scope} />)}
        </Async>
      </Panel>
      {keys.state === "loading" ? null : <NewKey projectId={scope.project.id} />}
    </>
  );
}

function KeyRow({ ingestKey, scope }: { ingestKey: IngestKey; scope: Scope }): ReactNode {
  const { id, kind, key, label, enabled, last_used_ms: used, allowed_origins: origins } = ingestKey;
  return (
    <div className={enabled ? "key-row" : "key-row off"}>
      <span className="row wrap">
        <Glyph status={enabled ? "ok" : "paused"} label={enabled ? "on" : "off"} />
        <span className="m">{label || "Without a name"}</span>
        <Tag tone={kind === "server" ? "info" : "plain"}>{kind}</Tag>
        {enabled ? null : <Tag>off</Tag>}
        <span className="grow" />
        <KeyActions ingestKey={ingestKey} projectId={scope.project.id} />
      </span>
      <span className="row">
        <span className="mono">{key}</span>
        <CopyButton text={key} />
      </span>
      <span className="faint s">
        {used === null ? "Never used" : "Last used "}
        {used === null ? null : <Ago atMs={used} zone={scope.zone} />}
        {kind === "public" ? (
          <Origins id={id} origins={origins} projectId={scope.project.id} />
        ) : null}
      </span>
    </div>
  );
}

function KeyActions({
  ingestKey,
  projectId,
}: {
  ingestKey: IngestKey;
  projectId: number;
}): ReactNode {
  const change = useChangeKey(projectId);
  const rotate = useRotateKey(projectId);
  const [isAsking, setAsking] = useState(false);
  const { id: keyId, enabled, label } = ingestKey;
  const flip = (): void =>
    change.mutate(
      { keyId, enabled: !enabled },
      report(enabled ? `Key ${label} is off` : `Key ${label} is on`, () =>
        change.mutate({ keyId, enabled }),
      ),
    );
  return (
    <>
      <Button small onClick={() => setAsking(true)}>
        Rotate
      </Button>
      <Button small busy={change.isPending} onClick={flip}>
        {enabled ? "Disable" : "Enable"}
      </Button>
      <Confirm
        title={`Rotate ${label || "this key"}`}
        consequence={
          <p>
            A new key is made. Whatever still sends with the old one is refused within 1 s, until
            its address is changed.
          </p>
        }
        verb="Rotate key"
        busy={rotate.isPending}
        open={isAsking}
        onClose={() => setAsking(false)}
        onConfirm={() => {
          rotate.mutate(keyId, report("New key made"));
          setAsking(false);
        }}
      />
    </>
  );
}

function Origins({
  id,
  origins,
  projectId,
}: {
  id: number;
  origins: readonly string[];
  projectId: number;
}): ReactNode {
  const change = useChangeKey(projectId);
  const [text, setText] = useState<string | null>(null);
  const shown = origins.length === 0 ? "any origin" : origins.join(", ");
  if (text === null) {
    return (
      <>
        {", from "}
        {shown}{" "}
        <button type="button" className="link" onClick={() => setText(origins.join(", "))}>
          Change
        </button>
      </>
    );
  }
  const submit = (event: FormEvent): void => {
    event.preventDefault();
    const allowed = text.split(/[\s,]+/).filter(Boolean);
    change.mutate({ keyId: id, allowed_origins: allowed }, report("Origins saved"));
    setText(null);
  };
  return (
    <form className="form line" onSubmit={submit}>
      <TextField
        label="Allowed origins"
        hint="As https://academy.example, separated by commas; empty allows any"
        autoFocus
        value={text}
        onChange={setText}
      />
      <Button type="submit">Save</Button>
    </form>
  );
}

function NewKey({ projectId }: { projectId: number }): ReactNode {
  const create = useCreateKey(projectId);
  const [label, setLabel] = useState("");
  const [kind, setKind] = useState<IngestKey["kind"]>("public");
  const submit = (event: FormEvent): void => {
    event.preventDefault();
    create.mutate({ kind, label }, { ...report("Key made"), onSettled: () => setLabel("") });
  };
  return (
    <Panel title="New key">
      <form className="form line" onSubmit={submit}>
        <TextField
          label="Name"
          required
          placeholder="What uses it"
          value={label}
          onChange={setLabel}
        />
        <SelectField
          label="Kind"
          value={kind}
          options={KINDS}
          onChange={(value) => setKind(value === "server" ? "server" : "public")}
        />
        <Button type="submit" busy={create.isPending}>
          Create key
        </Button>
      </form>
    </Panel>
  );
}
