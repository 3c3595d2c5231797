import type { ReactNode } from "react";
import { useSetup } from "@/api/projects";
import type { Scope } from "@/api/scope";
import { Async } from "@/ui/Async";
import { FirstRecord } from "@/ui/FirstRecord";
import { Panel } from "@/ui/Panel";

/** The lines that bring the first metric, with address and key filled in. */
export function NeverSetUp({ scope }: { scope: Scope }): ReactNode {
  const setup = useSetup(scope.project.id);
  return (
    <Panel title="Send the first metric">
      <div className="pad">
        <Async value={setup} empty={null} minHeight={260}>
          {(data) => (
            <FirstRecord
              setup={data}
              projectId={scope.project.id}
              zone={scope.zone}
              brings="metrics"
            />
          )}
        </Async>
      </div>
    </Panel>
  );
}
