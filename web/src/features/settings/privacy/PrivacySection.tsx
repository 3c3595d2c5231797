import type { ReactNode } from "react";
import { usePolicy } from "@/api/privacy";
import type { Scope } from "@/api/scope";
import { Async } from "@/ui/Async";
import { Panel } from "@/ui/Panel";
import { ErasePanel } from "./ErasePanel";
import { PolicyEditor } from "./PolicyEditor";
import "./privacy.css";
import { RetentionPanel } from "./RetentionPanel";
import { DEFAULTS } from "./words";

/** What of a project's data is hidden, for how long it is kept, and how a person is taken out. */
export function PrivacySection({ scope }: { scope: Scope }): ReactNode {
  const policy = usePolicy(scope.project.id);
  return (
    <>
      <Panel title="Always removed" note="before anything is stored, whatever the SDK did">
        <dl className="defaults">
          {DEFAULTS.map((one) => (
            <div key={one.what}>
              <dt>{one.what}</dt>
              <dd className="muted">{one.words}</dd>
            </div>
          ))}
        </dl>
      </Panel>
      <Panel title="This project" note="for what comes from now on, within a second">
        <Async value={policy} empty={null} minHeight={280}>
          {(kept) => <PolicyEditor key={JSON.stringify(kept)} kept={kept} scope={scope} />}
        </Async>
      </Panel>
      <RetentionPanel scope={scope} />
      <ErasePanel scope={scope} />
    </>
  );
}
