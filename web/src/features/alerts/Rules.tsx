import { type ReactNode, useState } from "react";
import { type Rule, type RuleFile, type RuleFiles, useDeleteRules } from "@/api/alerts";
import { toFailure } from "@/api/queries";
import { type Scope, useSearchState } from "@/api/scope";
import type { Loaded } from "@/lib/loaded";
import { coarse, duration } from "@/lib/units";
import { Ago } from "@/ui/Ago";
import { Async, SkeletonRows } from "@/ui/Async";
import { Button } from "@/ui/controls";
import { Confirm } from "@/ui/Dialog";
import { Glyph } from "@/ui/Glyph";
import { PageLink } from "@/ui/PageLink";
import { Panel, Tag } from "@/ui/Panel";
import { rowMenu } from "@/ui/row-menu";
import { toast } from "@/ui/Toasts";
import { RuleEditor } from "./RuleEditor";
import { fileWith, forText, statusOfRule } from "./reading";

interface RulesProps {
  scope: Scope;
  rules: Loaded<RuleFiles>;
}

/** Rule files with their groups; those made here can be edited, `sel` says which is. */
export function Rules({ scope, rules }: RulesProps): ReactNode {
  const [search, change] = useSearchState();
  const edit = (name: string | undefined): void => change({ sel: name, q: undefined });
  return (
    <Async
      value={rules}
      empty={null}
      minHeight={320}
      skeleton={
        <section className="panel">
          <SkeletonRows rows={8} height={44} />
        </section>
      }
    >
      {({ files, problems }) => {
        const isNew = search.sel === "new" || files.length === 0;
        return (
          <>
            {problems.map((text) => (
              <p className="row crit s" key={text} role="alert">
                <Glyph status="crit" label="" />
                {text}
              </p>
            ))}
            {isNew ? (
              <RuleEditor
                scope={scope}
                file={null}
                taken={files.map((file) => file.name)}
                draft={search.q ? fileWith(search.q) : undefined}
                onDone={() => edit(undefined)}
              />
            ) : (
              <span>
                <Button icon="plus" onClick={() => edit("new")}>
                  New rule file
                </Button>
              </span>
            )}
            {files.map((file) =>
              search.sel === file.name && file.origin === "ui" ? (
                <RuleEditor
                  key={file.name}
                  scope={scope}
                  file={file}
                  taken={[]}
                  onDone={() => edit(undefined)}
                />
              ) : (
                <FilePanel
                  key={file.name}
                  file={file}
                  scope={scope}
                  onEdit={() => edit(file.name)}
                />
              ),
            )}
          </>
        );
      }}
    </Async>
  );
}

interface FilePanelProps {
  file: RuleFile;
  scope: Scope;
  onEdit: () => void;
}

function FilePanel({ file, scope, onEdit }: FilePanelProps): ReactNode {
  const isHere = file.origin === "ui";
  return (
    <Panel
      title={file.name}
      note={isHere ? "made here" : "read from a file on the server"}
      more={
        isHere ? (
          <>
            <Button small onClick={onEdit}>
              Edit
            </Button>
            <Remove file={file} scope={scope} />
          </>
        ) : null
      }
    >
      {file.error ? (
        <p className="row crit s pad">
          <Glyph status="crit" label="" />
          {file.error}
        </p>
      ) : null}
      {file.groups.map((group) => (
        <div key={group.name}>
          <p className="rule-group faint s">
            <span>
              <span className="m">{group.name}</span>
              {group.interval_s === null ? "" : `, every ${forText(group.interval_s)}`}
            </span>
            <span className="xs only-l">Fires</span>
            <span className="xs only-l">State</span>
            <span className="xs num only-l">Evaluated, took</span>
          </p>
          <ul>
            {group.rules.map((rule) => (
              <RuleRow key={`${rule.name} ${rule.expr}`} rule={rule} zone={scope.zone} />
            ))}
          </ul>
        </div>
      ))}
    </Panel>
  );
}

function RuleRow({ rule, zone }: { rule: Rule; zone: string }): ReactNode {
  const isAlert = rule.type === "alerting";
  const state = rule.health === "err" ? "fails" : (rule.state ?? "recording");
  return (
    <li
      className="rule"
      {...rowMenu(() => ({
        name: rule.name,
        page: { to: "explore", search: { "p0.expr": rule.expr } },
        copies: [
          { label: "expression", text: rule.expr },
          { label: "name", text: rule.name },
        ],
      }))}
    >
      <Glyph
        status={isAlert ? statusOfRule(rule) : rule.health === "err" ? "crit" : "note"}
        label={state}
      />
      <span className="rule-what">
        <span className="row">
          <span className="m trunc">{rule.name}</span>
          {rule.labels.severity ? (
            <Tag tone={rule.labels.severity === "critical" ? "crit" : "plain"}>
              {rule.labels.severity}
            </Tag>
          ) : null}
        </span>
        <PageLink
          to="explore"
          search={{ "p0.expr": rule.expr }}
          className="mono faint s trunc"
          title={`${rule.expr}\nOpen in Explore`}
        >
          {rule.expr}
        </PageLink>
        {rule.last_error ? <span className="crit s">{rule.last_error}</span> : null}
      </span>
      <span className="muted s nowrap only-l">
        {isAlert ? (rule.for_s === 0 ? "at once" : `after ${forText(rule.for_s)}`) : "–"}
      </span>
      <span className={rule.state === "firing" ? "s m nowrap crit" : "s nowrap"}>{state}</span>
      <span className="faint s nowrap num only-l">
        {rule.last_evaluation_ms === null ? (
          "not evaluated yet"
        ) : (
          <>
            <Ago atMs={rule.last_evaluation_ms} zone={zone} />
            {rule.evaluation_ms === null ? "" : `, ${duration(rule.evaluation_ms)}`}
          </>
        )}
      </span>
    </li>
  );
}

function Remove({ file, scope }: { file: RuleFile; scope: Scope }): ReactNode {
  const [isAsking, setAsking] = useState(false);
  const remove = useDeleteRules(scope.project.id);
  const rules = file.groups.reduce((sum, group) => sum + group.rules.length, 0);
  return (
    <>
      <Button small onClick={() => setAsking(true)}>
        Delete
      </Button>
      <Confirm
        title={`Delete ${file.name}`}
        consequence={
          <p>
            {rules} {rules === 1 ? "rule is" : "rules are"} no longer evaluated; what fires by{" "}
            {rules === 1 ? "it" : "them"} ends. It was changed{" "}
            {coarse(Date.now() - file.changed_ms)} ago.
          </p>
        }
        verb="Delete"
        busy={remove.isPending}
        open={isAsking}
        onClose={() => setAsking(false)}
        onConfirm={() =>
          remove.mutate(file.name, {
            onSuccess: () => {
              setAsking(false);
              toast(`${file.name} deleted`, { status: "ok" });
            },
            onError: (error) => toast(toFailure(error).message, { status: "crit" }),
          })
        }
      />
    </>
  );
}
