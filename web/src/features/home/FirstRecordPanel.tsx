import type { ReactNode } from "react";
import type { Scope } from "@/api/scope";
import type { Setup } from "@/api/types";
import type { Loaded } from "@/lib/loaded";
import { Async } from "@/ui/Async";
import { FirstRecord } from "@/ui/FirstRecord";
import { Panel } from "@/ui/Panel";

/** Until something arrives: the exact lines, and what is refused meanwhile. */
export function FirstRecordPanel({
  setup,
  scope,
}: {
  setup: Loaded<Setup>;
  scope: Scope;
}): ReactNode {
  return (
    <Panel title="Send the first record">
      <div className="pad">
        <Async value={setup} empty={null}>
          {(data) => <FirstRecord setup={data} projectId={scope.project.id} zone={scope.zone} />}
        </Async>
      </div>
    </Panel>
  );
}
