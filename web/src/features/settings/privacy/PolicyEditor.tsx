import { type FormEvent, type ReactNode, useMemo, useState } from "react";
import { type Policy, type PolicyRule, usePreview, useSetPolicy } from "@/api/privacy";
import { toFailure } from "@/api/queries";
import type { Scope } from "@/api/scope";
import { Button, SelectField } from "@/ui/controls";
import { useDefer } from "@/ui/useDefer";
import { report } from "../report";
import { raised } from "../SeveritySection";
import { RuleRow } from "./RuleRow";
import { TryOut } from "./TryOut";
import { UnsavedGuard } from "./UnsavedGuard";
import { ADDRESSES, ATTACHMENTS, EMAILS } from "./words";

const MOST = 100;
const TYPING_MS = 400;

interface Draft extends PolicyRule {
  /** Names the row while rows move. */
  readonly id: number;
}

type Sample = Record<string, unknown> | null;

/** The rules as they are being written, and what they would do. */
export function PolicyEditor({ kept, scope }: { kept: Policy; scope: Scope }): ReactNode {
  const [choices, setChoices] = useState(kept);
  const [drafts, setDrafts] = useState<readonly Draft[]>(() =>
    kept.rules.map((rule, id) => ({ ...rule, id })),
  );
  const [sample, setSample] = useState<Sample>(null);
  const save = useSetPolicy(scope.project.id);
  const policy = useMemo(
    () => ({ ...choices, rules: drafts.map(({ id: _, ...rule }) => rule) }),
    [choices, drafts],
  );
  const tried = useDefer(withoutEmpty(policy), TYPING_MS);
  const { value: preview, refreshing } = usePreview(scope.project.id, tried, sample);
  const problem = preview.state === "ready" ? preview.data.problem : null;
  const isSame = JSON.stringify(policy) === JSON.stringify(kept);
  const isShort = drafts.some((one) => one.pattern === "");
  const submit = (event: FormEvent): void => {
    event.preventDefault();
    save.mutate(
      policy,
      report("Privacy rules saved", () => save.mutate(kept)),
    );
  };
  const change = (id: number, patch: Partial<PolicyRule>): void =>
    setDrafts((old) => old.map((one) => (one.id === id ? { ...one, ...patch } : one)));
  const reason = isSame
    ? "Nothing has changed"
    : isShort
      ? "A rule has no pattern"
      : problem
        ? "A rule cannot be used"
        : undefined;
  return (
    <>
      <UnsavedGuard when={!isSame && !save.isPending} what="the privacy rules" />
      <form className="form wide" onSubmit={submit}>
        <div className="policy-choices">
          <SelectField
            label="E-mail addresses"
            value={choices.emails}
            options={EMAILS}
            onChange={(emails) =>
              setChoices((old) => ({ ...old, emails: emails as Policy["emails"] }))
            }
          />
          <SelectField
            label="IP addresses"
            value={choices.addresses}
            options={ADDRESSES}
            onChange={(addresses) =>
              setChoices((old) => ({ ...old, addresses: addresses as Policy["addresses"] }))
            }
          />
          <SelectField
            label="Attachments"
            hint="Pictures, dumps and videos cannot be scrubbed"
            value={choices.attachments}
            options={ATTACHMENTS}
            onChange={(attachments) =>
              setChoices((old) => ({ ...old, attachments: attachments as Policy["attachments"] }))
            }
          />
        </div>
        <div className="field">
          <span className="label">Rules</span>
          <span className="hint">
            They come before the defaults; the first that finds a value decides about it.
          </span>
        </div>
        {drafts.length === 0 ? (
          <p className="muted">No rules of its own: the defaults above hold.</p>
        ) : null}
        <ol className="privacy-rules">
          {drafts.map((one, at) => (
            <RuleRow
              key={one.id}
              rule={one}
              number={at + 1}
              isFirst={at === 0}
              problem={problem && problemRow(tried, policy, problem.rule) === at ? problem : null}
              onChange={(patch) => change(one.id, patch)}
              onUp={() => setDrafts((old) => raised([...old], at))}
              onRemove={() => setDrafts((old) => old.filter((each) => each.id !== one.id))}
            />
          ))}
        </ol>
        {save.error ? <p className="crit s">{toFailure(save.error).message}</p> : null}
        <span className="row wrap">
          <Button
            icon="plus"
            reason={drafts.length >= MOST ? `A project has at most ${MOST} rules` : undefined}
            onClick={() => setDrafts((old) => [...old, fresh(old)])}
          >
            Add a rule
          </Button>
          <span className="grow" />
          {isSame ? null : (
            <Button
              kind="quiet"
              onClick={() => {
                setChoices(kept);
                setDrafts(kept.rules.map((rule, id) => ({ ...rule, id })));
              }}
            >
              Discard changes
            </Button>
          )}
          <Button type="submit" kind="primary" busy={save.isPending} reason={reason}>
            Save
          </Button>
        </span>
      </form>
      <TryOut
        value={preview}
        refreshing={refreshing}
        isPasted={sample !== null}
        onSample={setSample}
      />
    </>
  );
}

const fresh = (drafts: readonly Draft[]): Draft => ({
  id: Math.max(-1, ...drafts.map((one) => one.id)) + 1,
  kind: "name",
  pattern: "",
  action: "mask",
  note: "",
});

/** A rule that is only begun is not tried. */
const withoutEmpty = (policy: Policy): Policy => ({
  ...policy,
  rules: policy.rules.filter((one) => one.pattern !== ""),
});

/** The row that a place among the tried rules means; -1 once rows were changed since. */
function problemRow(tried: Policy, policy: Policy, place: number): number {
  const wrong = tried.rules[place];
  return policy.rules.findIndex((one) => JSON.stringify(one) === JSON.stringify(wrong));
}
