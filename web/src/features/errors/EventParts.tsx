/** What was sent with an event beside its stack: the request, contexts, files. */
import type { ReactNode } from "react";
import { attachmentHref, useAttachments } from "@/api/issue-facts";
import type { IssueEvent } from "@/api/issues";
import type { Scope } from "@/api/scope";
import { showText } from "@/lib/units";
import { Async, SkeletonRows } from "@/ui/Async";
import { CopyButton } from "@/ui/controls";
import { curlOf } from "./curl";
import { Pairs } from "./Hidden";

export function Request({ event }: { event: IssueEvent }): ReactNode {
  if (event.request === null)
    return <p className="pad muted">No request was sent with this event.</p>;
  const { method, url } = event.request;
  return (
    <>
      <p className="request-line">
        <span className="mono grow trunc" title={String(url ?? "")}>
          <b className="m">{String(method ?? "GET")}</b> {String(url ?? "")}
        </span>
        <CopyButton text={curlOf(event.request)} label="Copy as curl" />
      </p>
      <Pairs value={event.request} path="request" scrubbed={event.scrubbed} />
    </>
  );
}

/** Device, browser, runtime, … each under its name; the SDK and its modules last. */
export function Contexts({ event }: { event: IssueEvent }): ReactNode {
  const groups: [string, Record<string, unknown>][] = Object.entries(event.contexts).map(
    ([name, value]) => [
      name,
      typeof value === "object" && value !== null && !Array.isArray(value)
        ? (value as Record<string, unknown>)
        : { value },
    ],
  );
  if (event.sdk) groups.push(["sdk", event.sdk]);
  if (groups.length === 0)
    return <p className="pad muted">Nothing about the device or the runtime was sent.</p>;
  return groups.map(([name, value]) => (
    <section key={name} className="context" aria-label={name}>
      <h3 className="m">{name.replaceAll("_", " ")}</h3>
      <Pairs
        value={value}
        path={name === "sdk" ? "sdk" : `contexts.${name}`}
        scrubbed={event.scrubbed}
      />
    </section>
  ));
}

export function Files({ event, scope }: { event: IssueEvent; scope: Scope }): ReactNode {
  const value = useAttachments(scope.project.id, event.event_id);
  return (
    <Async value={value} empty={null} minHeight={64} skeleton={<SkeletonRows rows={2} />}>
      {({ attachments }) =>
        attachments.length === 0 ? (
          <p className="pad muted">No files came with this event.</p>
        ) : (
          <ul className="files">
            {attachments.map((one) => (
              <li key={one.number}>
                <a
                  className="link mono trunc"
                  href={attachmentHref(scope.project.id, event.event_id, one.number)}
                  download={one.name}
                >
                  {one.name}
                </a>
                <span className="faint s">{one.content_type}</span>
                <span className="num s muted nowrap">{showText(one.size_bytes, "bytes")}</span>
              </li>
            ))}
          </ul>
        )
      }
    </Async>
  );
}
