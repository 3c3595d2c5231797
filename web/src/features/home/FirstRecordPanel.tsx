import type { ReactNode } from "react";
import { useSetup } from "@/api/projects";
import type { Scope } from "@/api/scope";
import { Async } from "@/ui/Async";
import { FirstRecord } from "@/ui/FirstRecord";
import { Panel } from "@/ui/Panel";

/** Until something arrives: the exact lines, and what is refused meanwhile. */
export function FirstRecordPanel({ scope }: { scope: Scope }): ReactNode {
  const setup = useSetup(scope.project.id);
  return (
    <Panel title="Send the first record">
      <div className="pad">
        <Async value={setup} empty={null} minHeight={220}>
          {(data) => <FirstRecord setup={data} projectId={scope.project.id} zone={scope.zone} />}
        </Async>
      </div>
    </Panel>
  );
}
