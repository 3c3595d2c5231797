import { useMatches } from "@tanstack/react-router";
import { lazy, type ReactNode, Suspense, useState } from "react";
import { isHeld, type LiveState, toggleHold, useLiveStatus } from "@/api/live";
import { useProjectChoice, useProjects } from "@/api/project-choice";
import { type Scope, usePreference, useSearchState } from "@/api/scope";
import { COMPARISONS } from "@/lib/compare";
import { readPreference, writePreference } from "@/lib/preferences";
import type { RoomPage, ScopeUse } from "@/lib/room";
import { endsNow, rangeLabel } from "@/lib/time";
import { coarse } from "@/lib/units";
import { useNow } from "@/ui/Ago";
import { Icon } from "@/ui/Icon";
import { MenuItem, Popover } from "@/ui/Menu";

const RangeForm = lazy(() => import("./RangeForm").then((one) => ({ default: one.RangeForm })));
const ReleaseForm = lazy(() =>
  import("./ReleaseForm").then((one) => ({ default: one.ReleaseForm })),
);
const PhoneScopeDialog = lazy(() =>
  import("./PhoneScopeDialog").then((one) => ({ default: one.PhoneScopeDialog })),
);

interface ScopeBarProps {
  scope: Scope;
  /** Rise when the keys `T` and `V` are pressed. */
  signals: { readonly range: number; readonly compare: number };
}

type Uses = RoomPage["scope"];

const ALL: Uses = { environment: true, release: true, range: true };
const NO_COMPARISON = "This page compares nothing";

const reasonOf = (use: ScopeUse): string | undefined => (use === true ? undefined : use);

/** Project, environment, release, range and Live; the same place on each page. What a page cannot use is off and says why. */
export function ScopeBar({ scope, signals }: ScopeBarProps): ReactNode {
  const use = useMatches().at(-1)?.staticData.page?.scope ?? ALL;
  return (
    <>
      <span className="seg only-l">
        <ProjectMenu scope={scope} />
        <EnvironmentMenu scope={scope} use={use.environment} />
        <ReleaseMenu scope={scope} use={use.release} />
      </span>
      <span className="seg only-l">
        <RangeMenu scope={scope} use={use.range} signal={signals.range} />
        <CompareMenu use={use.compare ?? NO_COMPARISON} signal={signals.compare} />
      </span>
      <span className="only-l">
        <LiveButton scope={scope} />
      </span>
      <PhoneScope scope={scope} use={use} />
    </>
  );
}

function ProjectMenu({ scope }: { scope: Scope }): ReactNode {
  const choose = useProjectChoice();
  const all = useProjects();
  return (
    <Popover label={`Project: ${scope.project.name}`} button={<Named text={scope.project.name} />}>
      {(close) =>
        all.map(({ org, project }) => (
          <MenuItem
            key={project.id}
            chosen={project.id === scope.project.id}
            end={
              project.built_in ? "this server" : org.slug === scope.org.slug ? undefined : org.name
            }
            onChoose={() => {
              choose(project.id);
              close();
            }}
          >
            {project.name}
          </MenuItem>
        ))
      }
    </Popover>
  );
}

function EnvironmentMenu({ scope, use }: { scope: Scope; use: ScopeUse }): ReactNode {
  const [, change] = useSearchState();
  const choose = (env: string | undefined, close: () => void): void => {
    change({ env });
    close();
  };
  const text = scope.environment ?? "All environments";
  return (
    <Popover label={`Environment: ${text}`} reason={reasonOf(use)} button={<Named text={text} />}>
      {(close) => (
        <>
          <MenuItem chosen={scope.environment === null} onChoose={() => choose(undefined, close)}>
            All environments
          </MenuItem>
          {scope.project.environments.map((env) => (
            <MenuItem
              key={env}
              chosen={env === scope.environment}
              onChoose={() => choose(env, close)}
            >
              {env}
            </MenuItem>
          ))}
        </>
      )}
    </Popover>
  );
}

function ReleaseMenu({ scope, use }: { scope: Scope; use: ScopeUse }): ReactNode {
  const text = scope.release ?? "All releases";
  return (
    <Popover
      kind="dialog"
      align="end"
      label={`Release: ${text}`}
      reason={reasonOf(use)}
      button={<Named text={text} />}
    >
      {(close) => (
        <Suspense fallback={<div className="range-pop" style={{ minHeight: 116 }} />}>
          <ReleaseForm scope={scope} onDone={close} />
        </Suspense>
      )}
    </Popover>
  );
}

function RangeMenu({
  scope,
  use,
  signal,
}: {
  scope: Scope;
  use: ScopeUse;
  signal: number;
}): ReactNode {
  const now = useNow();
  const label = rangeLabel(scope.range, now, scope.zone);
  return (
    <Popover
      kind="dialog"
      align="end"
      reason={reasonOf(use)}
      openSignal={signal}
      button={
        <>
          <span className="m">{label.lead}</span>
          <span className="faint">{label.detail}</span>
          <Icon name="down" />
        </>
      }
    >
      {(close) => (
        <Suspense fallback={<div className="range-pop" style={{ minHeight: 240 }} />}>
          <RangeForm scope={scope} onDone={close} />
        </Suspense>
      )}
    </Popover>
  );
}

/** The stretch that charts are compared with. */
function CompareMenu({ use, signal }: { use: ScopeUse; signal: number }): ReactNode {
  const [search, change] = useSearchState();
  const chosen = COMPARISONS.find(({ value }) => value === search.vs);
  const text = chosen?.label ?? "nothing";
  return (
    <Popover
      align="end"
      label={`Compare with ${text}`}
      reason={reasonOf(use)}
      openSignal={signal}
      button={
        <>
          <span className="faint">vs</span> <Named text={text} />
        </>
      }
    >
      {(close) => (
        <>
          {[{ value: undefined, label: "nothing" }, ...COMPARISONS].map(({ value, label }) => (
            <MenuItem
              key={label}
              chosen={value === chosen?.value}
              onChoose={() => {
                close();
                change({ vs: value });
              }}
            >
              {label}
            </MenuItem>
          ))}
        </>
      )}
    </Popover>
  );
}

const LIVE_WORDS: Record<LiveState, string> = {
  connected: "Live",
  connecting: "Live",
  reconnecting: "Behind",
  paused: "Paused",
};

function LiveButton({ scope }: { scope: Scope }): ReactNode {
  const { state, lostMs, held } = useLiveStatus();
  const now = useNow();
  const isOff = usePreference("live") === "off";
  const ends = endsNow(scope.range);
  const title = !ends
    ? "The range does not end now"
    : lostMs !== null
      ? `Reconnecting, ${coarse(now - lostMs)} behind`
      : held !== null
        ? `Held still, ${held} changes wait; press to catch up (Space)`
        : isOff
          ? "Follow what arrives (L)"
          : "Following what arrives; press to pause (L), hold still by Space";
  const shown = held === null ? state : "paused";
  return (
    <button
      type="button"
      className="ctl live"
      data-state={shown}
      aria-pressed={shown !== "paused"}
      aria-disabled={!ends || undefined}
      title={title}
      onClick={() => (ends ? toggleLive() : undefined)}
    >
      <i aria-hidden="true" />
      {LIVE_WORDS[shown]}
      {held ? <b className="live-held">{held > 99 ? "99+" : held}</b> : null}
      <span className="sr" aria-live="polite">
        {shown}
      </span>
    </button>
  );
}

/** Live on and off; what is only held catches up. */
export function toggleLive(): void {
  if (isHeld()) toggleHold();
  else writePreference("live", readPreference("live") === "off" ? "on" : "off");
}

function Named({ text }: { text: string }): ReactNode {
  return (
    <>
      <span className="trunc">{text}</span>
      <Icon name="down" />
    </>
  );
}

/** On phones the whole bar folds into one button. */
function PhoneScope({ scope, use }: { scope: Scope; use: Uses }): ReactNode {
  const [isOpen, setOpen] = useState(false);
  const { state } = useLiveStatus();
  const label = rangeLabel(scope.range, useNow(), scope.zone);
  return (
    <span className="only-s">
      <button
        type="button"
        className="ctl live"
        data-state={state}
        aria-haspopup="dialog"
        onClick={() => setOpen(true)}
      >
        <i aria-hidden="true" />
        <span className="trunc">
          {scope.environment ?? scope.project.name} · {label.lead.replace("Last ", "")}
        </span>
        <Icon name="down" />
      </button>
      {isOpen ? (
        <Suspense fallback={null}>
          <PhoneScopeDialog scope={scope} use={use} onClose={() => setOpen(false)} />
        </Suspense>
      ) : null}
    </span>
  );
}
