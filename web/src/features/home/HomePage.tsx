import type { ReactNode } from "react";
import { useHome } from "@/api/projects";
import { useScope } from "@/api/scope";
import { Async } from "@/ui/Async";
import { Panel } from "@/ui/Panel";

export function HomePage(): ReactNode {
  const scope = useScope();
  const { value } = useHome(scope);
  return (
    <div className="page">
      <Panel title="Needs you">
        <Async value={value} empty={null}>
          {(home) => <p className="pad">{home.needs_you.length}</p>}
        </Async>
      </Panel>
    </div>
  );
}
