import { type FormEvent, type ReactNode, useState } from "react";
import { useWhy, type Why, type WhySide } from "@/api/issue-facts";
import type { IssueDetail } from "@/api/issues";
import { type Scope, useSearchState } from "@/api/scope";
import { Async, SkeletonRows } from "@/ui/Async";
import { Button, TextField } from "@/ui/controls";
import { Glyph, type Status } from "@/ui/Glyph";
import { PageLink } from "@/ui/PageLink";
import { Panel, Tag } from "@/ui/Panel";
import "./issue-views.css";

/** By what the events were made one issue; with a second event, what the two share. */
export function WhyView({ issue, scope }: { issue: IssueDetail; scope: Scope }): ReactNode {
  const [search, change] = useSearchState();
  const event = search.event ?? "latest";
  const other = search.other ?? "";
  const { value, refreshing } = useWhy(scope.project.id, issue.short_id, event, other);
  return (
    <Panel title="Why one issue" note="what was hashed, by which rule">
      {refreshing ? <div className="progress" /> : null}
      <Compare other={other} onCompare={(id) => change({ other: id || undefined })} />
      <Async value={value} empty={null} minHeight={240} skeleton={<SkeletonRows rows={8} />}>
        {(why) => <Shown why={why} />}
      </Async>
    </Panel>
  );
}

const EVENT_ID = /^[0-9a-f]{32}$/;
const bare = (text: string): string => text.trim().toLowerCase().replaceAll("-", "");

function Compare({
  other,
  onCompare,
}: {
  other: string;
  onCompare: (id: string) => void;
}): ReactNode {
  const [text, setText] = useState(other);
  const isId = EVENT_ID.test(bare(text));
  const submit = (event: FormEvent): void => {
    event.preventDefault();
    if (isId || text.trim() === "") onCompare(bare(text));
  };
  return (
    <form className="why-compare" onSubmit={submit}>
      <TextField
        label="Beside another event of the project"
        placeholder="its id, 32 hex digits"
        error={text.trim() !== "" && !isId ? "An event's id has 32 hex digits" : null}
        value={text}
        onChange={setText}
      />
      <Button type="submit">{other && text.trim() === "" ? "Only this one" : "Compare"}</Button>
    </form>
  );
}

const VERDICTS: Record<Why["verdict"], Status> = {
  same_hash: "ok",
  merged: "info",
  different: "warn",
};

function Shown({ why }: { why: Why }): ReactNode {
  return (
    <>
      <p className="why-verdict">
        <Glyph status={VERDICTS[why.verdict]} label="" />
        <span>{why.sentence}</span>
      </p>
      <div className={why.other ? "why-sides two" : "why-sides"}>
        <Side side={why.event} title="This event" />
        {why.other ? <Side side={why.other} title="The other event" /> : null}
      </div>
    </>
  );
}

function Side({ side, title }: { side: WhySide; title: string }): ReactNode {
  return (
    <section aria-label={title}>
      <h3 className="m">
        {title}{" "}
        <PageLink
          to={`errors/${side.short_id}`}
          search={{ event: side.event_id }}
          className="link mono"
        >
          {side.event_id.slice(0, 8)}
        </PageLink>
      </h3>
      <dl className="dl">
        <dt>Issue</dt>
        <dd className="mono">{side.short_id}</dd>
        <dt>Fingerprint</dt>
        <dd className="mono">{side.hash}</dd>
        <dt>Rule</dt>
        <dd>
          {side.rule}, version {side.version}
        </dd>
      </dl>
      <p className="muted s">{side.rule_text}</p>
      {side.is_recomputed ? (
        <p className="muted s">Read as of today, which differs from when it was grouped.</p>
      ) : null}
      <ol className="why-parts" aria-label="Parts that were hashed">
        {side.parts.map((part, i) => (
          // biome-ignore lint/suspicious/noArrayIndexKey: parts of one event never move, and may be alike.
          <li key={i} className={part.is_shared === false ? "differs" : undefined}>
            <span className="mono">{part.text}</span>
            {part.is_shared === null ? null : (
              <Tag tone={part.is_shared ? "ok" : "warn"}>
                {part.is_shared ? "same" : "only here"}
              </Tag>
            )}
          </li>
        ))}
      </ol>
    </section>
  );
}
