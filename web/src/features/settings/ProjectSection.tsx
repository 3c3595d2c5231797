import { type FormEvent, type ReactNode, useState } from "react";
import { useChangeProject, useCreateProject } from "@/api/projects";
import { toFailure } from "@/api/queries";
import { type Scope, useSearchState } from "@/api/scope";
import { browserZone } from "@/lib/preferences";
import { Button, SelectField, TextField } from "@/ui/controls";
import { Panel, Tag } from "@/ui/Panel";
import { report } from "./report";

const zoneOptions = (own: string): { value: string; label: string }[] =>
  [...new Set([own, "UTC", ...Intl.supportedValuesOf("timeZone")])].map((zone) => ({
    value: zone,
    label: zone,
  }));

export function ProjectSection({ scope }: { scope: Scope }): ReactNode {
  return (
    <>
      <ThisProject scope={scope} />
      <NewProject scope={scope} />
    </>
  );
}

function ThisProject({ scope: { project } }: { scope: Scope }): ReactNode {
  const [name, setName] = useState(project.name);
  const [timezone, setTimezone] = useState(project.timezone);
  const change = useChangeProject(project.id);
  const isSame = name === project.name && timezone === project.timezone;
  const submit = (event: FormEvent): void => {
    event.preventDefault();
    const before = { name: project.name, timezone: project.timezone };
    change.mutate(
      { name, timezone },
      report("Project saved", () => change.mutate(before)),
    );
  };
  return (
    <Panel title="Project" note={`id ${project.id}`}>
      <form className="form" onSubmit={submit}>
        <TextField label="Name" required value={name} onChange={setName} />
        <SelectField
          label="Time zone"
          hint="Of days in reports. Pages show the zone of each person’s browser."
          value={timezone}
          options={zoneOptions(timezone)}
          onChange={setTimezone}
        />
        <div className="field">
          <span className="label">Environments</span>
          <span className="row wrap">
            {project.environments.length === 0 ? (
              <span className="faint">They appear as your SDKs send them.</span>
            ) : null}
            {project.environments.map((one) => (
              <Tag key={one}>{one}</Tag>
            ))}
          </span>
        </div>
        <span>
          <Button
            type="submit"
            kind="primary"
            busy={change.isPending}
            reason={isSame ? "Nothing has changed" : undefined}
          >
            Save
          </Button>
        </span>
      </form>
    </Panel>
  );
}

function NewProject({ scope }: { scope: Scope }): ReactNode {
  const [name, setName] = useState("");
  const create = useCreateProject(scope.org.slug);
  const [, changeSearch] = useSearchState();
  const submit = (event: FormEvent): void => {
    event.preventDefault();
    create.mutate(
      { name, timezone: browserZone() },
      {
        onSuccess: (made) => {
          setName("");
          changeSearch({ project: made.slug, env: undefined, release: undefined });
        },
      },
    );
  };
  return (
    <Panel title="New project" note={`in ${scope.org.name}`}>
      <form className="form line" onSubmit={submit}>
        <TextField
          label="Name"
          required
          value={name}
          error={create.error ? toFailure(create.error).message : null}
          onChange={setName}
        />
        <Button type="submit" busy={create.isPending}>
          Create project
        </Button>
      </form>
    </Panel>
  );
}
