import type { ReactNode } from "react";
import type { Pools } from "@/api/targets";
import { count } from "@/lib/units";
import { Panel } from "@/ui/Panel";
import { Labels } from "./PoolPanel";

interface DroppedTargetsProps {
  dropped: Pools["dropped"];
  total: number;
}

/** What was found and is not scraped, with the reason. */
export function DroppedTargets({ dropped, total }: DroppedTargetsProps): ReactNode {
  return (
    <Panel
      title="Found, not scraped"
      note={total > dropped.length ? `${count(dropped.length)} of ${count(total)}` : count(total)}
    >
      <ul className="pool">
        {dropped.map((one) => {
          const address = one.discovered_labels.__address__ ?? "";
          return (
            <li key={JSON.stringify(one.discovered_labels)}>
              <details className="dropped">
                <summary>
                  <span className="m">{one.job}</span> <span className="mono">{address}</span>{" "}
                  <span className="muted s">{one.reason}</span>
                </summary>
                <Labels title="Found as" labels={one.discovered_labels} />
              </details>
            </li>
          );
        })}
      </ul>
    </Panel>
  );
}
