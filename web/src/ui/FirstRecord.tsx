import type { ReactNode } from "react";
import type { SnippetAddresses, Source } from "@/lib/snippets";
import { moment } from "@/lib/time";
import { coarse, count } from "@/lib/units";
import { Ago } from "./Ago";
import { Waiting } from "./Async";
import { Glyph } from "./Glyph";
import { SourceSnippets } from "./SourcePicker";

interface SeenSource {
  readonly source: string;
  readonly last_ms: number;
  /** Within the last `window_s` seconds. */
  readonly records: number;
  readonly window_s: number;
}

interface Rejected {
  readonly at_ms: number;
  readonly method: string;
  readonly path: string;
  readonly status: number;
  readonly reason: string;
  readonly sender: string;
}

interface Facts {
  readonly addresses: SnippetAddresses;
  readonly seen: readonly SeenSource[];
  readonly rejections: readonly Rejected[];
}

interface FirstRecordProps {
  setup: Facts;
  projectId: number;
  zone: string;
  brings?: Source["brings"];
}

/** The lines to add and, live below them, what has arrived and what was refused. */
export function FirstRecord({ setup, projectId, zone, brings }: FirstRecordProps): ReactNode {
  return (
    <div className="stack">
      <SourceSnippets
        addresses={setup.addresses}
        projectId={projectId}
        {...(brings ? { brings } : {})}
      />
      <Arrivals setup={setup} zone={zone} />
    </div>
  );
}

/** What was seen of each source, or that nothing was; refused requests stand below, as they are the usual trouble. */
export function Arrivals({
  setup,
  zone,
}: {
  setup: Pick<Facts, "seen" | "rejections">;
  zone: string;
}): ReactNode {
  return (
    <div className="stack tight">
      {setup.seen.length === 0 ? <Waiting>Waiting for the first record…</Waiting> : null}
      {setup.seen.map((one) => (
        <p className="row" key={one.source}>
          <Glyph status="ok" label="" />
          <span className="m">{one.source}</span>
          <span className="muted">
            {count(one.records)} in the last {windowText(one.window_s)}, the last one{" "}
            <Ago atMs={one.last_ms} zone={zone} />
          </span>
        </p>
      ))}
      {setup.rejections.length > 0 ? (
        <Rejections rejections={setup.rejections} zone={zone} />
      ) : null}
    </div>
  );
}

const DAY_S = 86_400;

/** A day is "24 h" here, as it slides. */
const windowText = (seconds: number): string =>
  seconds === DAY_S ? "24 h" : coarse(seconds * 1000);

const MOST = 5;

function Rejections({
  rejections,
  zone,
}: {
  rejections: readonly Rejected[];
  zone: string;
}): ReactNode {
  return (
    <ul className="stack tight" aria-label="Refused requests">
      {rejections.slice(0, MOST).map((one) => (
        <li className="row wrap" key={`${one.at_ms} ${one.path}`}>
          <Glyph status="warn" label="refused" />
          <span className="mono">
            {one.method} {one.path}
          </span>
          <span>
            {one.status}, {one.reason}
          </span>
          <span className="faint s" title={moment(one.at_ms, zone, Date.now())}>
            from {one.sender}, <Ago atMs={one.at_ms} zone={zone} />
          </span>
        </li>
      ))}
    </ul>
  );
}
