import { type ReactNode, useCallback, useMemo, useState } from "react";
import { type ProfileFlame, type ProfilePage, useFlame, useProfiles } from "@/api/performance";
import { type Scope, useSearchState } from "@/api/scope";
import { FlameChart } from "@/charts/FlameChart";
import type { Domain } from "@/charts/flame";
import { compact, count, duration, percent, showText } from "@/lib/units";
import { Ago } from "@/ui/Ago";
import { Async, SkeletonRows } from "@/ui/Async";
import { Button, Switch } from "@/ui/controls";
import { PageLink } from "@/ui/PageLink";
import { Panel } from "@/ui/Panel";
import { NoSpans } from "./NoSpans";
import { flameOf, functionCosts } from "./profile";

/** Where the processor's time goes, function by function: of a transaction, or of one profile. */
export function ProfilesTab({ scope }: { scope: Scope }): ReactNode {
  const [search, change] = useSearchState();
  const { value } = useProfiles(scope);
  const which = {
    profile: search.sel ?? "",
    transaction: search.transaction ?? "",
    thread: search.thread ?? "",
    kind: search.kind ?? "",
  };
  const flame = useFlame(scope, which);
  return (
    <Async
      value={value}
      empty={<NoProfiles scope={scope} />}
      skeleton={
        <section className="panel" aria-label="Profiles">
          <SkeletonRows rows={14} />
        </section>
      }
    >
      {(page) => (
        <>
          <Chooser page={page} scope={scope} />
          <section className="panel" aria-label="Flame graph">
            {flame.refreshing ? <div className="progress" /> : null}
            <Async
              value={flame.value}
              minHeight={360}
              empty={<p className="state">No samples were taken in these profiles.</p>}
              skeleton={<SkeletonRows rows={12} height={22} />}
            >
              {(data) => (
                <FlameOf
                  key={`${which.profile} ${which.transaction} ${data.kind}`}
                  flame={data}
                  onThread={(thread) => change({ thread: thread || undefined })}
                  onKind={(kind) => change({ kind })}
                  thread={which.thread}
                />
              )}
            </Async>
          </section>
          <Newest page={page} scope={scope} />
        </>
      )}
    </Async>
  );
}

/** Profiles need traces; without any the way to the first trace is shown. */
function NoProfiles({ scope }: { scope: Scope }): ReactNode {
  return (
    <section className="panel open" aria-label="Profiles">
      <NoSpans
        scope={scope}
        what="profile"
        isNarrow={scope.environment !== null || scope.release !== null}
        hint="Sentry's SDKs send profiles once profiling is switched on (profiles_sample_rate; in newer ones profile_session_sample_rate). Files of pprof can be posted."
      />
    </section>
  );
}

function Chooser({ page, scope }: { page: ProfilePage; scope: Scope }): ReactNode {
  const [search, change] = useSearchState();
  return (
    <section className="panel profile-chooser" aria-label="Which profiles">
      <label className="row">
        <span className="faint s">Transaction</span>
        <select
          className="in fit"
          value={search.transaction ?? ""}
          onChange={(event) =>
            change({ transaction: event.target.value || undefined, sel: undefined })
          }
        >
          <option value="">All</option>
          {page.transactions.map((one) => (
            <option key={`${one.service} ${one.transaction}`} value={one.transaction}>
              {one.transaction || one.service || "without a name"} ({compact(one.profiles)}, p95{" "}
              {duration(one.p95_ms)})
            </option>
          ))}
        </select>
      </label>
      {search.sel ? (
        <Button small onClick={() => change({ sel: undefined })}>
          One profile: show all merged
        </Button>
      ) : (
        <span className="faint s">
          {count(page.profiles.length)} newest profiles of {scope.environment ?? "all environments"}
        </span>
      )}
    </section>
  );
}

interface FlameOfProps {
  flame: ProfileFlame;
  thread: string;
  onThread: (thread: string) => void;
  onKind: (kind: string) => void;
}

const MOST_FUNCTIONS = 12;

function FlameOf({ flame, thread, onThread, onKind }: FlameOfProps): ReactNode {
  const boxes = useMemo(() => flameOf(flame), [flame]);
  const [domain, setDomain] = useState<Domain | null>(null);
  const [chosen, setChosen] = useState<number | null>(null);
  const [text, setText] = useState("");
  const { frames, nodes } = flame;
  const wanted = text.trim().toLowerCase();
  const name = useCallback(
    (box: number): string => {
      const frame = nodes.frame[box] ?? -1;
      return frame < 0 ? "all" : (frames.function[frame] ?? "") || "unknown";
    },
    [nodes, frames],
  );
  const isOwn = useCallback(
    (box: number): boolean => frames.in_app[nodes.frame[box] ?? -1] ?? false,
    [frames, nodes],
  );
  const color = useCallback(
    (box: number) => (box === 0 ? "prev" : isOwn(box) ? "c1" : "c7"),
    [isOwn],
  );
  const isFound = useCallback(
    (box: number): boolean => {
      const frame = nodes.frame[box] ?? -1;
      const where = frame < 0 ? "" : `${frames.module[frame]} ${frames.file[frame]}`;
      return `${name(box)} ${where}`.toLowerCase().includes(wanted);
    },
    [name, nodes, frames, wanted],
  );
  const isFaint = useCallback(
    (box: number) => (wanted === "" ? !isOwn(box) && box > 0 : !isFound(box)),
    [wanted, isOwn, isFound],
  );
  const whole = nodes.value[0] ?? 0;
  const tip = (box: number): readonly string[] => {
    const frame = nodes.frame[box] ?? -1;
    const place =
      frame < 0
        ? ""
        : [frames.file[frame] || frames.module[frame], frames.line[frame] || ""]
            .filter(Boolean)
            .join(":");
    return [
      name(box),
      ...(place ? [place] : []),
      `${weight(nodes.value[box] ?? 0, flame.unit)}, ${percent((nodes.value[box] ?? 0) / (whole || 1))}`,
      `${weight(nodes.own[box] ?? 0, flame.unit)} itself`,
    ];
  };
  return (
    <>
      <div className="trace-tools">
        <input
          data-filter
          className="in flame-find"
          type="search"
          aria-label="Find a function"
          placeholder="Find a function"
          value={text}
          onChange={(event) => setText(event.target.value)}
        />
        {flame.threads.length > 1 ? (
          <select
            className="in fit"
            aria-label="Thread"
            value={thread}
            onChange={(event) => onThread(event.target.value)}
          >
            <option value="">Main thread, else all</option>
            <option value="all">All threads</option>
            {flame.threads.map((one) => (
              <option key={one.id} value={one.id}>
                {one.name || one.id}
              </option>
            ))}
          </select>
        ) : null}
        {flame.kinds.length > 1 ? (
          <Switch
            label="Measured"
            value={flame.kind}
            options={flame.kinds.map((kind) => ({ value: kind, label: kind }))}
            onChange={onKind}
          />
        ) : null}
        {domain ? (
          <Button small onClick={() => setDomain(null)}>
            Show all
          </Button>
        ) : null}
        <span className="grow" />
        <ul className="row s muted" aria-label="Colours">
          <li className="row">
            <i className="swatch" style={{ background: "var(--c1)" }} /> your code
          </li>
          <li className="row">
            <i className="swatch" style={{ background: "var(--c7)", opacity: 0.4 }} /> libraries
          </li>
          <li className="faint">
            {count(flame.profiles)}
            {flame.total > flame.profiles ? ` of ${compact(flame.total)}` : ""}{" "}
            {flame.total === 1 ? "profile" : "profiles"}, {compact(flame.samples)} samples
          </li>
        </ul>
      </div>
      <div className="trace-flame">
        <FlameChart
          title="Flame graph"
          flame={boxes}
          label={name}
          color={color}
          isFaint={isFaint}
          tip={tip}
          chosen={chosen}
          onChoose={setChosen}
          domain={domain}
          onDomain={setDomain}
          zoomsOnClick
          height={520}
        />
      </div>
      <Functions flame={flame} whole={whole} onFind={setText} />
    </>
  );
}

const weight = (value: number, unit: string): string =>
  unit === "nanoseconds" ? duration(value / 1e6) : showText(value, unit === "bytes" ? "bytes" : "");

/** The same as a table: which functions cost most themselves. */
function Functions({
  flame,
  whole,
  onFind,
}: {
  flame: ProfileFlame;
  whole: number;
  onFind: (name: string) => void;
}): ReactNode {
  const costs = useMemo(() => functionCosts(flame).slice(0, MOST_FUNCTIONS), [flame]);
  const { frames, unit } = flame;
  return (
    <table className="t functions" aria-label="Functions by their own cost">
      <thead>
        <tr>
          <th scope="col">Function</th>
          <th scope="col" className="only-l">
            File
          </th>
          <th scope="col" className="num">
            Itself
          </th>
          <th scope="col" className="num only-l">
            Share
          </th>
          <th scope="col" className="num only-l">
            With what it calls
          </th>
        </tr>
      </thead>
      <tbody>
        {costs.map(({ frame, own, total }) => (
          <tr key={frame}>
            <td>
              <button
                type="button"
                className="link mono"
                onClick={() => onFind(frames.function[frame] ?? "")}
              >
                {frames.function[frame] || "unknown"}
              </button>
            </td>
            <td className="mono muted only-l">
              {frames.file[frame] || frames.module[frame]}
              {(frames.line[frame] ?? 0) > 0 ? `:${frames.line[frame]}` : ""}
            </td>
            <td className="num m">{weight(own, unit)}</td>
            <td className="num only-l">{percent(own / (whole || 1))}</td>
            <td className="num only-l">{weight(total, unit)}</td>
          </tr>
        ))}
      </tbody>
    </table>
  );
}

const MOST_NEWEST = 20;

function Newest({ page, scope }: { page: ProfilePage; scope: Scope }): ReactNode {
  const [, change] = useSearchState();
  return (
    <Panel title="Newest profiles">
      <table className="t newest-profiles" aria-label="Newest profiles">
        <thead>
          <tr>
            <th scope="col">Transaction</th>
            <th scope="col" className="only-l">
              Release
            </th>
            <th scope="col" className="only-l">
              Trace
            </th>
            <th scope="col" className="num">
              Taken
            </th>
            <th scope="col" className="num">
              Length
            </th>
          </tr>
        </thead>
        <tbody>
          {page.profiles.slice(0, MOST_NEWEST).map((one) => (
            <tr key={one.profile_id}>
              <td>
                <button
                  type="button"
                  className="link"
                  onClick={() => change({ sel: one.profile_id })}
                >
                  {one.transaction || one.service || one.platform || "profile"}
                </button>
              </td>
              <td className="only-l muted">{one.release || "–"}</td>
              <td className="only-l">
                {one.trace_id ? (
                  <PageLink
                    to={`traces/${one.trace_id}`}
                    search={one.span_id ? { span: one.span_id } : {}}
                    className="link mono"
                  >
                    {one.trace_id.slice(0, 8)}
                  </PageLink>
                ) : (
                  "–"
                )}
              </td>
              <td className="num muted">
                <Ago atMs={one.ts_ms} zone={scope.zone} />
              </td>
              <td className="num">{duration(one.duration_ns / 1e6)}</td>
            </tr>
          ))}
        </tbody>
      </table>
    </Panel>
  );
}
