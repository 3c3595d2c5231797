import type { ReactNode } from "react";
import { useProjectChoice, useProjects } from "@/api/project-choice";
import { type Scope, useSearchState } from "@/api/scope";
import { COMPARISONS } from "@/lib/compare";
import type { RoomPage } from "@/lib/room";
import { rangeLabel } from "@/lib/time";
import { useNow } from "@/ui/Ago";
import { SelectField } from "@/ui/controls";
import { Dialog } from "@/ui/Dialog";
import { RangeForm } from "./RangeForm";

interface PhoneScopeDialogProps {
  scope: Scope;
  use: RoomPage["scope"];
  onClose: () => void;
}

/** What the scope bar has, one below the other. */
export function PhoneScopeDialog({ scope, use, onClose }: PhoneScopeDialogProps): ReactNode {
  const [{ vs = "" }, change] = useSearchState();
  const choose = useProjectChoice();
  const all = useProjects();
  const label = rangeLabel(scope.range, useNow(), scope.zone);
  const environments = [
    { value: "", label: "All environments" },
    ...scope.project.environments.map((env) => ({ value: env, label: env })),
  ];
  return (
    <Dialog title="Scope and time" open onClose={onClose}>
      <SelectField
        label="Project"
        value={String(scope.project.id)}
        options={all.map(({ project }) => ({ value: String(project.id), label: project.name }))}
        onChange={(id) => choose(Number(id))}
      />
      {use.environment === true ? (
        <SelectField
          label="Environment"
          value={scope.environment ?? ""}
          options={environments}
          onChange={(env) => change({ env: env || undefined })}
        />
      ) : null}
      {use.range === true ? (
        <RangeForm scope={scope} onDone={onClose} />
      ) : (
        <p className="faint s">{use.range}</p>
      )}
      {use.compare === true ? (
        <SelectField
          label="Compare with"
          value={vs}
          options={[
            { value: "", label: "nothing" },
            ...COMPARISONS.map(({ value, label: name }) => ({ value, label: name })),
          ]}
          onChange={(value) => change({ vs: value || undefined })}
        />
      ) : null}
      <p className="faint s">{label.detail}</p>
    </Dialog>
  );
}
