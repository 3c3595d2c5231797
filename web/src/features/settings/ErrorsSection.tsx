import { type FormEvent, type ReactNode, useState } from "react";
import { useChangeProject } from "@/api/projects";
import type { Scope } from "@/api/scope";
import { Button, SelectField } from "@/ui/controls";
import { Panel } from "@/ui/Panel";
import { report } from "./report";
import { SeveritySection } from "./SeveritySection";

/** How errors become issues, and how bad they are. */
export function ErrorsSection({ scope }: { scope: Scope }): ReactNode {
  return (
    <>
      <SeveritySection scope={scope} />
      <Grouping scope={scope} />
    </>
  );
}

const VERSIONS = [
  { value: "1", label: "Version 1: by the path of your own calls" },
  { value: "2", label: "Version 2: by the place in your code" },
  { value: "3", label: "Version 3: by the place in your code, messages by their text" },
];

const RULE: Record<string, string> = {
  "1": "Errors are one issue when they have the same types and came through the same functions of yours. One fault behind two callers is two issues.",
  "2": "Errors are one issue when they have the same types and came from the same function and line of source, whoever called it.",
  "3": "As version 2. Messages, and things thrown that are no errors, are one issue when they say the same, also when a stack came with them.",
};

function Grouping({ scope: { project } }: { scope: Scope }): ReactNode {
  const kept = String(project.grouping_version);
  const [chosen, setChosen] = useState(kept);
  const change = useChangeProject(project.id);
  const submit = (event: FormEvent): void => {
    event.preventDefault();
    const back = (): void => change.mutate({ grouping_version: Number(kept) });
    change.mutate({ grouping_version: Number(chosen) }, report("Grouping saved", back));
  };
  return (
    <Panel title="Grouping" note="which errors are one issue">
      <form className="form wide" onSubmit={submit}>
        <SelectField
          label="Rule"
          hint={RULE[chosen]}
          value={chosen}
          options={VERSIONS}
          onChange={setChosen}
        />
        {chosen === kept ? null : (
          <p className="muted">
            What changes: errors that no issue knows yet are grouped by version {chosen} from now
            on. Issues that are there stay as they are and go on taking their events, so none splits
            and no history is lost. You can change back at any time.
          </p>
        )}
        <span>
          <Button
            type="submit"
            kind="primary"
            busy={change.isPending}
            reason={chosen === kept ? "Nothing has changed" : undefined}
          >
            Save
          </Button>
        </span>
      </form>
    </Panel>
  );
}
