import type { ReactNode } from "react";
import type { SetupDone } from "@/api/types";
import { Glyph } from "@/ui/Glyph";
import { Icon } from "@/ui/Icon";
import { PageLink } from "@/ui/PageLink";
import { Panel } from "@/ui/Panel";

const STEPS: readonly { key: keyof SetupDone; label: string; to: string }[] = [
  { key: "account", label: "Account", to: "settings/members" },
  { key: "project", label: "Project", to: "settings/project" },
  { key: "first_record", label: "First record", to: "settings/sources" },
  { key: "rules", label: "Alert rules", to: "alerts" },
  { key: "channel", label: "A channel to tell you", to: "settings/channels" },
];

/** The list of five that stays on Home until it is done. */
export function SetupList({ done }: { done: SetupDone }): ReactNode {
  const count = STEPS.filter((step) => done[step.key]).length;
  return (
    <Panel title="Set up" note={`${count} of ${STEPS.length} done`}>
      <ol className="todo">
        {STEPS.map((step) => (
          <li key={step.key}>
            {done[step.key] ? (
              <span className="done">
                <Glyph status="ok" label="done" />
                {step.label}
              </span>
            ) : (
              <PageLink to={step.to}>
                <Glyph status="unknown" label="to do" />
                <span className="m grow">{step.label}</span>
                <Icon name="right" small />
              </PageLink>
            )}
          </li>
        ))}
      </ol>
    </Panel>
  );
}
