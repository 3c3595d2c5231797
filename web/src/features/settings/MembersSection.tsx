import { type FormEvent, type ReactNode, useState } from "react";
import { toFailure } from "@/api/queries";
import type { Scope } from "@/api/scope";
import { useAddMember, useChangeMember, useMembers, useRemoveMember } from "@/api/settings";
import type { Member, Role } from "@/api/types";
import { Async } from "@/ui/Async";
import { Button, SelectField, TextField } from "@/ui/controls";
import { Confirm } from "@/ui/Dialog";
import { Avatar, Panel } from "@/ui/Panel";
import { type Column, Table } from "@/ui/Table";
import { report } from "./report";
import { ROLES, roleOf } from "./roles";

export function MembersSection({ scope }: { scope: Scope }): ReactNode {
  const org = scope.org.slug;
  const members = useMembers(org);
  const change = useChangeMember(org);
  const [leaving, setLeaving] = useState<Member | null>(null);
  const remove = useRemoveMember(org);
  const setRole = ({ user_id: userId, name, role: before }: Member, role: Role): void =>
    change.mutate(
      { userId, role },
      report(`${name} is ${role}`, () => change.mutate({ userId, role: before })),
    );
  return (
    <>
      <Panel title="Members" note={scope.org.name}>
        <Async value={members} empty={null} minHeight={122}>
          {(all) => <Members members={all} onRole={setRole} onRemove={setLeaving} />}
        </Async>
      </Panel>
      {members.state === "loading" ? null : <NewMember org={org} />}
      <Confirm
        title={`Remove ${leaving?.name ?? ""}`}
        consequence={
          <p>
            {leaving?.email} loses access to every project of {scope.org.name}. Their notes and
            changes stay.
          </p>
        }
        verb="Remove member"
        open={leaving !== null}
        onClose={() => setLeaving(null)}
        onConfirm={() => {
          if (leaving) remove.mutate(leaving.user_id, report(`${leaving.name} removed`));
          setLeaving(null);
        }}
      />
    </>
  );
}

interface MembersProps {
  members: readonly Member[];
  onRole: (member: Member, role: Role) => void;
  onRemove: (member: Member) => void;
}

function Members({ members, onRole, onRemove }: MembersProps): ReactNode {
  const columns: readonly Column<Member>[] = [
    {
      head: "Name",
      cell: (one) => (
        <span className="nm">
          <Avatar name={one.name} />
          <span className="m">{one.name}</span>
        </span>
      ),
    },
    { head: "Email", isWideOnly: true, cell: (one) => <span className="muted">{one.email}</span> },
    {
      head: "Role",
      width: "130px",
      cell: (one) => (
        <select
          className="role"
          aria-label={`Role of ${one.name}`}
          value={one.role}
          onChange={(event) => onRole(one, roleOf(event.target.value))}
        >
          {ROLES.map((role) => (
            <option key={role.value} value={role.value}>
              {role.value}
            </option>
          ))}
        </select>
      ),
    },
    {
      head: "Actions",
      isSilent: true,
      isNumber: true,
      width: "96px",
      cell: (one) => (
        <Button small aria-label={`Remove ${one.name}`} onClick={() => onRemove(one)}>
          Remove
        </Button>
      ),
    },
  ];
  return (
    <Table
      label="Members"
      rows={members}
      rowKey={(one) => one.user_id}
      columns={columns}
      empty=""
    />
  );
}

function NewMember({ org }: { org: string }): ReactNode {
  const add = useAddMember(org);
  const [form, setForm] = useState({ name: "", email: "", password: "" });
  const [role, setRole] = useState<Role>("member");
  const set =
    (field: keyof typeof form) =>
    (value: string): void =>
      setForm((old) => ({ ...old, [field]: value }));
  const submit = (event: FormEvent): void => {
    event.preventDefault();
    const clear = (): void => setForm({ name: "", email: "", password: "" });
    add.mutate(
      { name: form.name, email: form.email, password: form.password || null, role },
      { onSuccess: clear },
    );
  };
  return (
    <Panel title="Add a member">
      <form className="form" onSubmit={submit}>
        <TextField
          label="Name"
          required
          autoComplete="off"
          value={form.name}
          onChange={set("name")}
        />
        <TextField
          label="Email"
          type="email"
          required
          autoComplete="off"
          value={form.email}
          onChange={set("email")}
        />
        <TextField
          label="First password"
          type="password"
          autoComplete="new-password"
          hint="Leave it empty for people who have an account here"
          value={form.password}
          error={add.error ? toFailure(add.error).message : null}
          onChange={set("password")}
        />
        <SelectField
          label="Role"
          value={role}
          options={ROLES}
          onChange={(value) => setRole(roleOf(value))}
        />
        <span>
          <Button type="submit" kind="primary" busy={add.isPending}>
            Add member
          </Button>
        </span>
      </form>
    </Panel>
  );
}
