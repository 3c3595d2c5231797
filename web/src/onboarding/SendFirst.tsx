import type { ReactNode } from "react";
import { useSetup } from "@/api/projects";
import type { Scope } from "@/api/scope";
import type { Brings } from "@/lib/snippets";
import { Async } from "@/ui/Async";
import { FirstRecord } from "@/ui/FirstRecord";
import { Panel } from "@/ui/Panel";

interface SendFirstProps {
  scope: Scope;
  title: string;
  brings: Brings;
}

/** What an empty page shows: the lines that bring its first record, address and key filled in. */
export function SendFirst({ scope, title, brings }: SendFirstProps): ReactNode {
  const setup = useSetup(scope.project.id);
  return (
    <Panel title={title}>
      <div className="pad">
        <Async value={setup} empty={null} minHeight={260}>
          {(data) => (
            <FirstRecord
              setup={data}
              projectId={scope.project.id}
              zone={scope.zone}
              brings={brings}
            />
          )}
        </Async>
      </div>
    </Panel>
  );
}
