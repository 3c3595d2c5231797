import type { ReactNode } from "react";
import { type AlertChange, type Delivery, useAlertHistory, useDeliveries } from "@/api/alerts";
import type { Scope } from "@/api/scope";
import { moment, rangeLabel } from "@/lib/time";
import { duration } from "@/lib/units";
import { Ago } from "@/ui/Ago";
import { Async, SkeletonRows } from "@/ui/Async";
import { Glyph, type Status } from "@/ui/Glyph";
import { PageLink } from "@/ui/PageLink";
import { Panel, Tag } from "@/ui/Panel";
import { groupText, labelText, numberText } from "./reading";

/** Every state change in the range, and every delivery with its attempts. */
export function History({ scope }: { scope: Scope }): ReactNode {
  const history = useAlertHistory(scope.project.id, scope.range);
  const { lead } = rangeLabel(scope.range, Date.now(), scope.zone);
  return (
    <div className="alert-history">
      <Panel
        title="State changes"
        note={lead}
        more={
          history.state === "ready" && history.data.truncated ? (
            <Tag>the newest {history.data.changes.length}</Tag>
          ) : null
        }
      >
        <Async
          value={history}
          minHeight={200}
          skeleton={<SkeletonRows rows={5} height={44} />}
          empty={<p className="pad muted">No alert changed its state in this range.</p>}
        >
          {({ changes }) => (
            <ul>
              {changes.map((one) => (
                <ChangeRow
                  key={`${one.at_ms} ${one.fingerprint} ${one.state}`}
                  change={one}
                  zone={scope.zone}
                />
              ))}
            </ul>
          )}
        </Async>
      </Panel>
      {history.state === "loading" ? null : <Deliveries scope={scope} />}
    </div>
  );
}

/** Stands below the changes on phones: drawn once their height is known, so that it never jumps. */
function Deliveries({ scope }: { scope: Scope }): ReactNode {
  const deliveries = useDeliveries(scope.project.id);
  return (
    <Panel
      title="Deliveries"
      note="newest first"
      more={
        <PageLink to="settings/channels" className="more">
          Channels
        </PageLink>
      }
    >
      <Async
        value={deliveries}
        minHeight={200}
        skeleton={<SkeletonRows rows={5} height={44} />}
        empty={
          <p className="pad muted inline">
            Nothing was sent so far.{" "}
            <PageLink to="settings/channels" className="link">
              Add a channel
            </PageLink>
          </p>
        }
      >
        {(all) => (
          <ul>
            {all.map((one) => (
              <DeliveryRow key={one.id} delivery={one} zone={scope.zone} />
            ))}
          </ul>
        )}
      </Async>
    </Panel>
  );
}

const STATE: Record<AlertChange["state"], Status> = {
  firing: "crit",
  pending: "pending",
  resolved: "ok",
  inactive: "note",
};

function ChangeRow({ change, zone }: { change: AlertChange; zone: string }): ReactNode {
  const severity = change.labels.severity;
  const status =
    change.state === "firing" && severity !== "critical" ? "warn" : STATE[change.state];
  return (
    <li className="event-row">
      <Glyph status={status} label="" />
      <span className="alert-what">
        <span className="trunc">
          <b className="m">{change.rule}</b>{" "}
          {change.state === "inactive" ? "ended before it fired" : change.state}
          {change.value === null ? "" : ` at ${numberText(change.value)}`}
        </span>
        <span className="faint s trunc">{labelText(change.labels)}</span>
      </span>
      <span className="muted s nowrap num" title={moment(change.at_ms, zone, Date.now())}>
        <Ago atMs={change.at_ms} zone={zone} />
      </span>
    </li>
  );
}

const SENT: Record<Delivery["state"], { status: Status; text: string }> = {
  sent: { status: "ok", text: "delivered" },
  failed: { status: "crit", text: "not delivered" },
  waiting: { status: "pending", text: "waiting" },
  sending: { status: "pending", text: "sending" },
};

/** How often it was tried and when it is tried next; each try on demand. */
function Attempts({ delivery, zone }: { delivery: Delivery; zone: string }): ReactNode {
  const { attempts, state, next_attempt_ms: next } = delivery;
  const tries = attempts.length === 1 ? "1 try" : `${attempts.length} tries`;
  const then =
    next !== null && state === "waiting" ? `, next ${moment(next, zone, Date.now())}` : "";
  if (attempts.length === 0) return null;
  return (
    <details className="attempts">
      <summary className="faint s">
        {tries}
        {then}
      </summary>
      <ol aria-label="Attempts">
        {attempts.map((one) => (
          <li className="faint s" key={one.at_ms}>
            {moment(one.at_ms, zone, Date.now())}: {one.status ?? "no answer"}, {duration(one.ms)}
            {one.detail ? `, ${one.detail}` : ""}
          </li>
        ))}
      </ol>
    </details>
  );
}

function DeliveryRow({ delivery, zone }: { delivery: Delivery; zone: string }): ReactNode {
  const { status, text } = SENT[delivery.state];
  return (
    <li className="event-row">
      <Glyph status={status} label="" />
      <span className="alert-what">
        <span className="trunc">
          <b className="m">{delivery.channel}</b> {text}: {delivery.alerts} {delivery.status}
        </span>
        <span className="faint s trunc" title={delivery.group_key}>
          {delivery.kind}, {groupText(delivery.group_key)}
        </span>
        {delivery.last_error && delivery.state !== "sent" ? (
          <span className="crit s">{delivery.last_error}</span>
        ) : null}
        <Attempts delivery={delivery} zone={zone} />
      </span>
      <span className="muted s nowrap num">
        <Ago atMs={delivery.created_ms} zone={zone} />
      </span>
    </li>
  );
}
