import { type FormEvent, type ReactNode, useRef, useState } from "react";
import {
  type RuleCheck,
  type RuleFile,
  useRuleCheck,
  useRulePreviews,
  useSaveRules,
} from "@/api/alerts";
import { toFailure } from "@/api/queries";
import type { Scope } from "@/api/scope";
import type { Loaded } from "@/lib/loaded";
import { Button, TextField } from "@/ui/controls";
import { Glyph } from "@/ui/Glyph";
import { Panel } from "@/ui/Panel";
import { toast } from "@/ui/Toasts";
import { useDefer } from "@/ui/useDefer";
import { RulePreviews } from "./RulePreviews";
import { NEW_FILE } from "./reading";

interface RuleEditorProps {
  scope: Scope;
  /** null: a new file. */
  file: RuleFile | null;
  /** Names that a new file may not have. */
  taken: readonly string[];
  /** What a new file begins with. */
  draft?: string | undefined;
  onDone: () => void;
}

const TYPING_MS = 400;

/** A rule file in YAML; what is wrong stands at its line while it is typed. */
export function RuleEditor({ scope, file, taken, draft, onDone }: RuleEditorProps): ReactNode {
  const [name, setName] = useState(file?.name ?? "");
  const [source, setSource] = useState(file?.source ?? draft ?? NEW_FILE);
  const settled = useDefer(source, TYPING_MS);
  const check = useRuleCheck(scope.project.id, settled);
  const previews = useRulePreviews(
    scope.project.id,
    settled,
    check.state === "ready" && check.data.ok,
  );
  const save = useSaveRules(scope.project.id);
  const problems = check.state === "ready" ? check.data.problems : [];
  const nameError =
    file === null && taken.includes(name.trim()) ? "There is a file of that name" : null;
  const reason =
    name.trim() === ""
      ? "Give it a name"
      : (nameError ?? (problems.length > 0 ? "Mend what is wrong first" : undefined));
  const submit = (event: FormEvent): void => {
    event.preventDefault();
    if (reason !== undefined) return;
    save.mutate(
      { name: name.trim(), source },
      {
        onSuccess: () => {
          toast(`${name.trim()} saved`, { status: "ok" });
          onDone();
        },
        onError: (error) => toast(toFailure(error).message, { status: "crit" }),
      },
    );
  };
  return (
    <Panel title={file?.name ?? "New rule file"} note="as Prometheus reads it">
      <form className="pad stack" onSubmit={submit}>
        {file === null ? (
          <TextField label="Name" value={name} onChange={setName} error={nameError} required />
        ) : null}
        <Source
          source={source}
          lines={problems.map((one) => one.line)}
          onChange={setSource}
          verdict={<Verdict check={check} />}
        />
        <RulePreviews previews={previews} />
        <span className="row">
          <Button type="submit" kind="primary" busy={save.isPending} reason={reason}>
            Save
          </Button>
          <Button onClick={onDone}>Cancel</Button>
        </span>
      </form>
    </Panel>
  );
}

interface SourceProps {
  source: string;
  /** Lines where something is wrong. */
  lines: readonly (number | null)[];
  verdict: ReactNode;
  onChange: (source: string) => void;
}

/** A text with numbered lines; the bad ones are marked. */
function Source({ source, lines, verdict, onChange }: SourceProps): ReactNode {
  const field = useRef<HTMLTextAreaElement>(null);
  const bad = new Set(lines);
  const all = source.split("\n");
  return (
    <div className="stack tight">
      <div className="rule-source">
        <ol aria-hidden="true">
          {all.map((_, i) => (
            // biome-ignore lint/suspicious/noArrayIndexKey: a line is its number.
            <li key={i} className={bad.has(i + 1) ? "bad" : undefined}>
              {i + 1}
            </li>
          ))}
        </ol>
        <textarea
          ref={field}
          className="in"
          aria-label="Rules in YAML"
          aria-describedby="rule-verdict"
          aria-invalid={lines.length > 0 || undefined}
          spellCheck={false}
          wrap="off"
          rows={all.length}
          value={source}
          onChange={(event) => onChange(event.target.value)}
        />
      </div>
      <div id="rule-verdict" aria-live="polite" className="rule-verdict s">
        {verdict}
      </div>
    </div>
  );
}

function Verdict({ check }: { check: Loaded<RuleCheck> }): ReactNode {
  if (check.state === "failed") return <span className="crit">{check.failure.message}</span>;
  if (check.state !== "ready") return <span className="faint">Checking…</span>;
  if (check.data.problems.length === 0)
    return (
      <div className="stack tight">
        <span className="row">
          <Glyph status="ok" label="" />
          {check.data.rules} {check.data.rules === 1 ? "rule" : "rules"} in {check.data.groups}{" "}
          {check.data.groups === 1 ? "group" : "groups"}
        </span>
        <Hints hints={check.data.hints} />
      </div>
    );
  return (
    <ul>
      {check.data.problems.map((one) => (
        <li className="row crit" key={`${one.line} ${one.message}`}>
          <Glyph status="crit" label="" />
          <span>
            {one.line === null ? "" : `Line ${one.line}: `}
            {one.message.replace(/^(?:rules: )?line \d+:\s*/i, "")}
          </span>
        </li>
      ))}
    </ul>
  );
}

/** What is right and may still surprise: rates read as shares, selectors that select nothing. */
function Hints({ hints }: { hints: RuleCheck["hints"] }): ReactNode {
  if (hints.length === 0) return null;
  return (
    <ul className="stack tight" aria-label="Remarks">
      {hints.map((one) => (
        <li className="row" key={`${one.line} ${one.message}`}>
          <Glyph status={one.level === "warning" ? "warn" : "info"} label={one.level} />
          <span>
            <span className="faint">
              Line {one.line}, {one.rule}:{" "}
            </span>
            {one.message}
          </span>
        </li>
      ))}
    </ul>
  );
}
