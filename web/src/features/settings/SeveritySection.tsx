import { type FormEvent, type ReactNode, useState } from "react";
import {
  type DraftRule,
  type SeverityRule,
  useSetSeverityRules,
  useSeverityRules,
} from "@/api/issue-search";
import { toFailure } from "@/api/queries";
import type { Scope } from "@/api/scope";
import type { Severity } from "@/api/types";
import { Async } from "@/ui/Async";
import { Button } from "@/ui/controls";
import { SeverityBars } from "@/ui/Glyph";
import { Panel } from "@/ui/Panel";
import { RuleButtons } from "./RuleButtons";
import { report } from "./report";

const SEVERITIES: readonly Severity[] = ["critical", "high", "medium", "low"];

/** How bad errors are, by rules that are searches. */
export function SeveritySection({ scope }: { scope: Scope }): ReactNode {
  const value = useSeverityRules(scope.project.id);
  return (
    <Panel title="Severity rules" note="the first that fits decides, for events from now on">
      <Async value={value} empty={null} minHeight={160}>
        {(rules) => <Editor key={JSON.stringify(rules)} kept={rules} scope={scope} />}
      </Async>
    </Panel>
  );
}

interface Draft extends DraftRule {
  /** Names the row while rows move. */
  readonly id: number;
}

const draftsOf = (rules: readonly SeverityRule[]): Draft[] =>
  rules.map(({ query, severity }, id) => ({ id, query, severity }));

function Editor({ kept, scope }: { kept: readonly SeverityRule[]; scope: Scope }): ReactNode {
  const [drafts, setDrafts] = useState(() => draftsOf(kept));
  const save = useSetSeverityRules(scope.project.id);
  const rules = drafts.map(({ query, severity }) => ({ query: query.trim(), severity }));
  const isSame =
    JSON.stringify(rules) ===
    JSON.stringify(kept.map(({ query, severity }) => ({ query, severity })));
  const isShort = rules.some((one) => one.query === "");
  const submit = (event: FormEvent): void => {
    event.preventDefault();
    const undo = (): void => save.mutate(kept);
    save.mutate(rules, report("Severity rules saved", undo));
  };
  const change = (id: number, patch: Partial<DraftRule>): void =>
    setDrafts((old) => old.map((one) => (one.id === id ? { ...one, ...patch } : one)));
  const add = (): void =>
    setDrafts((old) => [
      ...old,
      { id: Math.max(-1, ...old.map((one) => one.id)) + 1, query: "", severity: "high" },
    ]);
  return (
    <form className="form wide" onSubmit={submit}>
      {drafts.length === 0 ? (
        <p className="muted">
          Without a rule the level of an event decides. A rule is a search, such as{" "}
          <code>type:Payment* environment:production</code>.
        </p>
      ) : null}
      <ol className="severity-rules">
        {drafts.map((one, at) => (
          <Rule
            key={one.id}
            rule={one}
            number={at + 1}
            isFirst={at === 0}
            onChange={(patch) => change(one.id, patch)}
            onUp={() => setDrafts((old) => raised(old, at))}
            onRemove={() => setDrafts((old) => old.filter((each) => each.id !== one.id))}
          />
        ))}
      </ol>
      {save.error ? <p className="crit s">{toFailure(save.error).message}</p> : null}
      <span className="row">
        <Button
          onClick={add}
          icon="plus"
          reason={drafts.length >= MOST ? `A project has at most ${MOST} rules` : undefined}
        >
          Add a rule
        </Button>
        <Button
          type="submit"
          kind="primary"
          busy={save.isPending}
          reason={isSame ? "Nothing has changed" : isShort ? "A rule has no search" : undefined}
        >
          Save
        </Button>
      </span>
    </form>
  );
}

const MOST = 50;

/** The list with the rule at `at` one place further up. */
export function raised<T>(list: readonly T[], at: number): T[] {
  const next = [...list];
  const [one] = next.splice(at, 1);
  if (one !== undefined) next.splice(Math.max(0, at - 1), 0, one);
  return next;
}

function Rule({
  rule,
  number,
  isFirst,
  onChange,
  onUp,
  onRemove,
}: {
  rule: Draft;
  number: number;
  isFirst: boolean;
  onChange: (patch: Partial<DraftRule>) => void;
  onUp: () => void;
  onRemove: () => void;
}): ReactNode {
  return (
    <li>
      <span className="faint num">{number}</span>
      <input
        className="in mono"
        aria-label={`Search of rule ${number}`}
        value={rule.query}
        maxLength={500}
        spellCheck={false}
        onChange={(event) => onChange({ query: event.target.value })}
      />
      <SeverityBars severity={rule.severity} silent />
      <select
        className="in"
        aria-label={`Severity of rule ${number}`}
        value={rule.severity}
        onChange={(event) =>
          onChange({
            severity: SEVERITIES.find((one) => one === event.target.value) ?? "medium",
          })
        }
      >
        {SEVERITIES.map((one) => (
          <option key={one} value={one}>
            {one}
          </option>
        ))}
      </select>
      <RuleButtons number={number} isFirst={isFirst} onUp={onUp} onRemove={onRemove} />
    </li>
  );
}
