import type { ReactNode } from "react";
import { useSetup, useTestError } from "@/api/projects";
import type { Scope } from "@/api/scope";
import type { Addresses } from "@/api/types";
import { Async } from "@/ui/Async";
import { Button, CopyButton } from "@/ui/controls";
import { FirstRecord } from "@/ui/FirstRecord";
import { Panel } from "@/ui/Panel";
import { report } from "./report";

export function SourcesSection({ scope }: { scope: Scope }): ReactNode {
  const setup = useSetup(scope.project.id);
  const test = useTestError(scope.project.id);
  const more = (
    <Button
      small
      busy={test.isPending}
      onClick={() => test.mutate(undefined, report("Test error sent"))}
    >
      Send a test error
    </Button>
  );
  return (
    <>
      <Panel title="Send data" note="address and key filled in" more={more}>
        <div className="pad">
          <Async value={setup} empty={null} minHeight={260}>
            {(data) => <FirstRecord setup={data} projectId={scope.project.id} zone={scope.zone} />}
          </Async>
        </div>
      </Panel>
      {setup.state === "ready" ? (
        <Panel title="Addresses">
          <AddressRows addresses={setup.data.addresses} />
        </Panel>
      ) : null}
    </>
  );
}

/** Those that this server answers today. */
const ROWS: readonly { key: keyof Addresses; label: string }[] = [
  { key: "sentry_dsn", label: "Sentry DSN" },
  { key: "prometheus_url", label: "Prometheus URL" },
  { key: "ingest_key", label: "Public key" },
  { key: "server_key", label: "Server key" },
];

function AddressRows({ addresses }: { addresses: Addresses }): ReactNode {
  return (
    <table className="t addresses" aria-label="Addresses">
      <tbody>
        {ROWS.map(({ key, label }) => {
          const text = addresses[key];
          return text === null ? null : (
            <tr key={key}>
              <th scope="row" style={{ width: 120 }}>
                {label}
              </th>
              <td className="mono" title={text}>
                {text}
              </td>
              <td style={{ width: 100 }} className="num">
                <CopyButton text={text} />
              </td>
            </tr>
          );
        })}
      </tbody>
    </table>
  );
}
