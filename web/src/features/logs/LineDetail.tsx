import { type ReactNode, useState } from "react";
import { type LogLine, useLogContext } from "@/api/logs";
import type { Scope } from "@/api/scope";
import { clockSeconds, moment } from "@/lib/time";
import { Async, SkeletonRows } from "@/ui/Async";
import { Attributes } from "@/ui/Attributes";
import { Button, CopyButton, Switch } from "@/ui/controls";
import { PageLink } from "@/ui/PageLink";
import { SeverityGlyph } from "@/ui/SeverityGlyph";
import { oneLine, termOf, withoutColors } from "./terms";

interface LineDetailProps {
  line: LogLine;
  scope: Scope;
  onTerm: (term: string) => void;
}

/** Fields of a line that are columns of the store, under the names of the search language. */
const FIELDS: readonly (readonly [string, (line: LogLine) => string])[] = [
  ["level", (line) => line.severity],
  ["service", (line) => line.service],
  ["environment", (line) => line.environment],
  ["host", (line) => line.host],
  ["release", (line) => line.release],
  ["source", (line) => line.source],
  ["trace", (line) => line.trace_id],
  ["span", (line) => line.span_id],
  ["request", (line) => line.request_id],
  ["user", (line) => line.user_key],
  ["session", (line) => line.session_id],
];
const OWN = new Set(FIELDS.map(([key]) => key));

/** What a line opens to, within the list. */
export function LineDetail(props: LineDetailProps): ReactNode {
  return (
    // biome-ignore lint/a11y/useSemanticElements: a windowed list of rows of any height is no table.
    // biome-ignore lint/a11y/useFocusableInteractive: what it holds takes the focus.
    <div role="row" className="line-detail">
      {/* biome-ignore lint/a11y/useSemanticElements: as above. */}
      <div role="cell">
        <LineFields {...props} />
      </div>
    </div>
  );
}

/** All fields of a line, where it leads, and what stood around it. */
export function LineFields({ line, scope, onTerm }: LineDetailProps): ReactNode {
  const [isAround, setAround] = useState(false);
  const rows = [
    ...FIELDS.map(([key, read]) => ({ key, value: read(line) })).filter((one) => one.value),
    ...Object.entries(line.attributes).map(([key, value]) => ({
      key: OWN.has(key) ? `attr.${key}` : key,
      value,
    })),
  ];
  const fieldOf = (key: string): string =>
    OWN.has(key) || key.startsWith("attr.") ? key : `attr.${key}`;
  return (
    <>
      <div className="row wrap line-acts">
        {line.trace_id ? (
          <PageLink
            to={`traces/${line.trace_id}`}
            search={line.span_id ? { span: line.span_id } : {}}
            className="btn sm"
          >
            Trace {line.trace_id.slice(0, 8)}
          </PageLink>
        ) : null}
        {line.trace_id ? (
          <PageLink
            to="errors"
            search={{ tab: "all", q: `trace:${line.trace_id}` }}
            className="btn sm"
          >
            Its errors
          </PageLink>
        ) : null}
        {line.request_id ? (
          <Button small onClick={() => onTerm(termOf("request", line.request_id))}>
            This request
          </Button>
        ) : null}
        {line.pattern ? (
          <Button small onClick={() => onTerm(termOf("pattern", line.pattern))}>
            Lines like this
          </Button>
        ) : null}
        <Button small aria-expanded={isAround} onClick={() => setAround(!isAround)}>
          {isAround ? "Hide the lines around it" : "Lines around it"}
        </Button>
        <CopyButton text={asJson(line)} label="Copy JSON" />
        <CopyButton text={withoutColors(line.body)} label="Copy line" />
        <span className="faint xs">{moment(line.ts_ms, scope.zone, Date.now())}</span>
      </div>
      {isAround ? <Around line={line} scope={scope} /> : null}
      <Body text={withoutColors(line.body)} />
      <Attributes
        label="fields"
        canCopy={false}
        rows={rows}
        onFilter={({ key, value }, isExclude) =>
          onTerm(`${isExclude ? "-" : ""}${termOf(fieldOf(key), value)}`)
        }
      />
    </>
  );
}

const asJson = (line: LogLine): string => JSON.stringify(line, null, 2);

const MOST_PRETTY = 20_000;

/** The text in full; JSON is set in lines. */
function Body({ text }: { text: string }): ReactNode {
  return (
    // biome-ignore lint/a11y/noNoninteractiveTabindex: a scrollable region is reached by keyboard.
    <pre className="line-body" tabIndex={0}>
      {pretty(text)}
    </pre>
  );
}

function pretty(text: string): string {
  if (!/^\s*[{[]/.test(text) || text.length > MOST_PRETTY) return text;
  try {
    return JSON.stringify(JSON.parse(text), null, 2);
  } catch {
    return text;
  }
}

const STEPS = [5, 25, 100];
const BY = [
  { value: "service", label: "Service" },
  { value: "host", label: "Host" },
  { value: "file", label: "File" },
];

/** What the same service, host or file wrote before and after. */
function Around({ line, scope }: { line: LogLine; scope: Scope }): ReactNode {
  const [by, setBy] = useState("service");
  const [step, setStep] = useState(0);
  const size = STEPS[step] ?? 5;
  const value = useLogContext(scope.project.id, line.id, by, size);
  return (
    <div className="line-around">
      <div className="row wrap">
        <Switch label="Of the same" value={by} options={BY} onChange={setBy} />
        {step < STEPS.length - 1 ? (
          <Button small onClick={() => setStep(step + 1)}>
            {STEPS[step + 1]} each way
          </Button>
        ) : null}
      </div>
      <Async value={value} empty={null} skeleton={<SkeletonRows rows={size * 2 + 1} height={20} />}>
        {(found) => (
          <ol>
            {[...found.before, found.line, ...found.after].map((one) => (
              <li key={one.id} className={one.id === line.id ? "here" : undefined}>
                <SeverityGlyph severity={one.severity} />
                <span className="faint">{clockSeconds(one.ts_ms, scope.zone)}</span>
                <span>{oneLine(one.body)}</span>
              </li>
            ))}
          </ol>
        )}
      </Async>
    </div>
  );
}
