import type { ReactNode } from "react";
import type { IssueEvent } from "@/api/issues";
import { type Scope, usePreference, useSearchState } from "@/api/scope";
import type { Loaded } from "@/lib/loaded";
import { writePreference } from "@/lib/preferences";
import { moment } from "@/lib/time";
import { count } from "@/lib/units";
import { Ago } from "@/ui/Ago";
import { Async, SkeletonRows } from "@/ui/Async";
import { Button, CopyButton, Switch } from "@/ui/controls";
import { Icon } from "@/ui/Icon";
import { MenuItem, Popover } from "@/ui/Menu";
import { TabBar } from "@/ui/TabBar";
import { Crumbs } from "./Crumbs";
import { Contexts, Files, Request } from "./EventParts";
import { markdownOf } from "./frames";
import { Pairs } from "./Hidden";
import { Stack, type StackView, stackViewOf } from "./Stack";

const TABS = [
  { id: "stack", label: "Stack" },
  { id: "breadcrumbs", label: "Breadcrumbs" },
  { id: "request", label: "Request" },
  { id: "tags", label: "Tags" },
  { id: "user", label: "User" },
  { id: "contexts", label: "Contexts" },
  { id: "files", label: "Files" },
  { id: "raw", label: "Raw JSON" },
] as const;
type Tab = (typeof TABS)[number]["id"];

interface EventPanelProps {
  value: Loaded<IssueEvent>;
  isRefreshing: boolean;
  which: string;
  scope: Scope;
  onGo: (id: string | null | undefined) => void;
}

/** One event of the issue: which one, and everything that was sent with it. */
export function EventPanel(props: EventPanelProps): ReactNode {
  const { value, isRefreshing, which, scope, onGo } = props;
  const [search, change] = useSearchState();
  const tab = TABS.find((one) => one.id === search.tab)?.id ?? "stack";
  const view = stackViewOf(usePreference("stack"));
  const event = value.state === "ready" ? value.data : null;
  return (
    <section className="panel open event" aria-label="Event">
      {isRefreshing ? <div className="progress" /> : null}
      <Navigator event={event} which={which} zone={scope.zone} onGo={onGo} />
      <div className="event-tabs">
        <Tabs
          tab={tab}
          crumbs={event?.breadcrumbs.length ?? 0}
          onChoose={(id) => change({ tab: id === "stack" ? undefined : id }, true)}
        />
        {tab === "stack" ? <StackTools event={event} view={view} /> : null}
      </div>
      <div role="tabpanel" aria-label={TABS.find((one) => one.id === tab)?.label}>
        <Async
          value={value}
          empty={null}
          minHeight={320}
          skeleton={<SkeletonRows rows={10} height={30} />}
        >
          {(data) => <Body key={data.event_id} tab={tab} event={data} view={view} scope={scope} />}
        </Async>
      </div>
    </section>
  );
}

/** How the stack is shown, kept for the person, and what can be copied of it. */
function StackTools({ event, view }: { event: IssueEvent | null; view: StackView }): ReactNode {
  const hasMinified = event?.stacks.has_minified ?? false;
  const options: { value: StackView; label: string }[] = [
    { value: "readable", label: "Readable" },
    { value: "raw", label: "Raw" },
    ...(hasMinified ? [{ value: "minified" as const, label: "Minified" }] : []),
  ];
  const shown = view === "minified" && !hasMinified ? "readable" : view;
  return (
    <span className="row stack-tools">
      <Switch
        label="Stack as"
        value={shown}
        options={options}
        onChange={(chosen) => writePreference("stack", chosen)}
      />
      <span className="row only-l">
        <CopyButton text={event?.stacks.text ?? ""} />
        <CopyButton
          text={event ? markdownOf(event, `${location.origin}${location.pathname}`) : ""}
          label="Markdown"
        />
      </span>
    </span>
  );
}

const WHICH = [
  { id: "recommended", label: "Recommended" },
  { id: "latest", label: "Latest" },
  { id: "oldest", label: "Oldest" },
];

function Navigator({
  event,
  which,
  zone,
  onGo,
}: Pick<EventPanelProps, "which" | "onGo"> & {
  event: IssueEvent | null;
  zone: string;
}): ReactNode {
  const named = WHICH.find((one) => one.id === which);
  return (
    <div className="event-head">
      <h2 className="m">Event</h2>
      <Popover
        buttonClass="btn sm"
        button={
          <>
            {named?.label ?? "This one"} <Icon name="down" small />
          </>
        }
      >
        {(close) =>
          WHICH.map((one) => (
            <MenuItem
              key={one.id}
              chosen={one.id === which}
              onChoose={() => {
                close();
                onGo(one.id);
              }}
            >
              {one.label}
            </MenuItem>
          ))
        }
      </Popover>
      {event ? (
        <>
          <span className="mono muted" title={event.event_id}>
            {event.event_id.slice(0, 8)}
          </span>
          <span className="faint s only-l trunc">
            {moment(event.ts_ms, zone, Date.now())}, <Ago atMs={event.ts_ms} zone={zone} />
          </span>
        </>
      ) : null}
      <span className="grow" />
      {event ? (
        <span className="faint s nowrap only-l">
          {count(event.index)} of {count(event.total)}
        </span>
      ) : null}
      <span className="seg">
        <Button
          small
          className="ctl icon"
          icon="left"
          aria-label="Older event"
          title="Older event, J"
          reason={event && !event.previous_id ? "This is the oldest" : undefined}
          onClick={() => onGo(event?.previous_id)}
        />
        <Button
          small
          className="ctl icon"
          icon="right"
          aria-label="Newer event"
          title="Newer event, K"
          reason={event && !event.next_id ? "This is the latest" : undefined}
          onClick={() => onGo(event?.next_id)}
        />
      </span>
    </div>
  );
}

function Tabs({
  tab,
  crumbs,
  onChoose,
}: {
  tab: Tab;
  crumbs: number;
  onChoose: (tab: Tab) => void;
}): ReactNode {
  return (
    <TabBar
      label="Event"
      tabs={TABS.map((one) =>
        one.id === "breadcrumbs" ? { ...one, note: crumbs > 0 ? crumbs : "" } : one,
      )}
      value={tab}
      onChoose={onChoose}
    />
  );
}

interface BodyProps {
  tab: Tab;
  event: IssueEvent;
  view: StackView;
  scope: Scope;
}

function Body({ tab, event, view, scope }: BodyProps): ReactNode {
  const { scrubbed } = event;
  switch (tab) {
    case "stack":
      return <Stack event={event} view={view} />;
    case "breadcrumbs":
      return <Crumbs event={event} />;
    case "request":
      return <Request event={event} />;
    case "tags":
      return Object.keys(event.tags).length === 0 ? (
        <p className="pad muted">No tags were sent with this event.</p>
      ) : (
        <Pairs value={event.tags} path="tags" scrubbed={scrubbed} />
      );
    case "user":
      return event.user ? (
        <Pairs value={event.user} path="user" scrubbed={scrubbed} />
      ) : (
        <p className="pad muted">No user was sent with this event.</p>
      );
    case "contexts":
      return <Contexts event={event} />;
    case "files":
      return <Files event={event} scope={scope} />;
    case "raw":
      return <RawJson raw={event.raw} />;
  }
}

function RawJson({ raw }: { raw: IssueEvent["raw"] }): ReactNode {
  const text = JSON.stringify(raw, null, 2);
  return (
    <div className="raw-json">
      <span className="copy">
        <CopyButton text={text} />
      </span>
      {/* biome-ignore lint/a11y/noNoninteractiveTabindex: a scrollable region is reached by keyboard. */}
      <pre className="raw" tabIndex={0}>
        {text}
      </pre>
    </div>
  );
}
