import { type FormEvent, type ReactNode, useState } from "react";
import { toFailure } from "@/api/queries";
import type { Scope } from "@/api/scope";
import { useCreateToken, useRevokeToken, useTokens } from "@/api/settings";
import type { ApiToken, NewApiToken, Role } from "@/api/types";
import { date } from "@/lib/time";
import { Ago } from "@/ui/Ago";
import { Async } from "@/ui/Async";
import { Button, SelectField, TextField } from "@/ui/controls";
import { Confirm } from "@/ui/Dialog";
import { Panel } from "@/ui/Panel";
import { Snippet } from "@/ui/Snippet";
import { type Column, Table } from "@/ui/Table";
import { report } from "./report";
import { ROLES, roleOf } from "./roles";

const DAY_MS = 86_400_000;
const ROLE_NAMES = ROLES.map(({ value }) => ({ value, label: value }));
const TERMS = [
  { value: "", label: "Never" },
  { value: "30", label: "In 30 days" },
  { value: "90", label: "In 90 days" },
  { value: "365", label: "In a year" },
];

export function TokensSection({ scope }: { scope: Scope }): ReactNode {
  const tokens = useTokens(scope.org.slug);
  const revoke = useRevokeToken(scope.org.slug);
  const [ending, setEnding] = useState<ApiToken | null>(null);
  return (
    <>
      <NewToken scope={scope} />
      <Panel title="API tokens" note="for Grafana, scripts, promtool">
        <Async value={tokens} empty={<p className="pad muted">No token yet.</p>} minHeight={90}>
          {(all) => <Tokens tokens={all} scope={scope} onRevoke={setEnding} />}
        </Async>
      </Panel>
      <Confirm
        title={`Revoke ${ending?.name ?? ""}`}
        consequence={<p>Whatever uses it is refused from now on.</p>}
        verb="Revoke token"
        open={ending !== null}
        onClose={() => setEnding(null)}
        onConfirm={() => {
          if (ending) revoke.mutate(ending.id, report(`${ending.name} revoked`));
          setEnding(null);
        }}
      />
    </>
  );
}

interface TokensProps {
  tokens: readonly ApiToken[];
  scope: Scope;
  onRevoke: (token: ApiToken) => void;
}

function Tokens({ tokens, scope, onRevoke }: TokensProps): ReactNode {
  const projectOf = (id: number | null): string =>
    scope.org.projects.find((one) => one.id === id)?.name ?? "all projects";
  const columns: readonly Column<ApiToken>[] = [
    {
      head: "Name",
      cell: (one) => (
        <span className="nm">
          <span className="m">{one.name}</span>
          <span className="mono faint">{one.prefix}…</span>
        </span>
      ),
    },
    {
      head: "May",
      isWideOnly: true,
      width: "190px",
      cell: (one) => `${one.role} of ${projectOf(one.project_id)}`,
    },
    {
      head: "Last used",
      isNumber: true,
      width: "100px",
      cell: (one) =>
        one.last_used_ms === null ? "never" : <Ago atMs={one.last_used_ms} zone={scope.zone} />,
    },
    {
      head: "Ends",
      isNumber: true,
      isWideOnly: true,
      width: "110px",
      cell: (one) =>
        one.expires_ms === null ? "never" : date(one.expires_ms, scope.zone, Date.now()),
    },
    {
      head: "Actions",
      isSilent: true,
      isNumber: true,
      width: "96px",
      cell: (one) => (
        <Button small aria-label={`Revoke ${one.name}`} onClick={() => onRevoke(one)}>
          Revoke
        </Button>
      ),
    },
  ];
  return (
    <Table label="API tokens" rows={tokens} rowKey={(one) => one.id} columns={columns} empty="" />
  );
}

function NewToken({ scope }: { scope: Scope }): ReactNode {
  const create = useCreateToken(scope.org.slug);
  const [name, setName] = useState("");
  const [role, setRole] = useState<Role>("viewer");
  const [projectId, setProjectId] = useState(String(scope.project.id));
  const [term, setTerm] = useState("");
  const submit = (event: FormEvent): void => {
    event.preventDefault();
    const expires_ms = term === "" ? null : Date.now() + Number(term) * DAY_MS;
    const body = {
      name,
      role,
      project_id: projectId === "" ? null : Number(projectId),
      expires_ms,
    };
    create.mutate(body, { onSuccess: () => setName("") });
  };
  const projects = [
    { value: "", label: "All projects" },
    ...scope.org.projects.map((one) => ({ value: String(one.id), label: one.name })),
  ];
  return (
    <Panel title="New token">
      <form className="form line" onSubmit={submit}>
        <TextField
          label="Name"
          required
          placeholder="What uses it"
          value={name}
          error={create.error ? toFailure(create.error).message : null}
          onChange={setName}
        />
        <SelectField label="Project" value={projectId} options={projects} onChange={setProjectId} />
        <SelectField
          label="Role"
          value={role}
          options={ROLE_NAMES}
          onChange={(value) => setRole(roleOf(value))}
        />
        <SelectField label="Ends" value={term} options={TERMS} onChange={setTerm} />
        <Button type="submit" busy={create.isPending}>
          Create token
        </Button>
      </form>
      {create.data ? <Once token={create.data} /> : null}
    </Panel>
  );
}

function Once({ token }: { token: NewApiToken }): ReactNode {
  return (
    <div className="once" role="status">
      <span className="ok m">{token.name}: copy it now, it is not shown again.</span>
      <Snippet label="The token" text={token.token} />
    </div>
  );
}
