import { type ReactNode, useId } from "react";
import type { PolicyRule, Preview } from "@/api/privacy";
import { Glyph } from "@/ui/Glyph";
import { RuleButtons } from "../RuleButtons";
import { ACTIONS, KINDS } from "./words";

interface RuleRowProps {
  rule: PolicyRule;
  number: number;
  isFirst: boolean;
  problem: Preview["problem"];
  onChange: (patch: Partial<PolicyRule>) => void;
  onUp: () => void;
  onRemove: () => void;
}

/** One rule: what it finds, what becomes of that, and why it is there. */
export function RuleRow({
  rule,
  number,
  isFirst,
  problem,
  onChange,
  onUp,
  onRemove,
}: RuleRowProps): ReactNode {
  const problemId = useId();
  const kind = KINDS.find((one) => one.value === rule.kind) ?? KINDS[0];
  const actions = ACTIONS.filter((one) => one.value !== "keep" || rule.kind !== "text");
  const changeKind = (value: string): void => {
    const next = KINDS.find((one) => one.value === value) ?? KINDS[0];
    const isRefused = next.value === "text" && rule.action === "keep";
    onChange({ kind: next.value, ...(isRefused ? { action: "mask" } : {}) });
  };
  return (
    <li>
      <span className="faint num">{number}</span>
      <select
        className="in"
        aria-label={`What rule ${number} looks at`}
        value={rule.kind}
        onChange={(event) => changeKind(event.target.value)}
      >
        {KINDS.map((one) => (
          <option key={one.value} value={one.value}>
            {one.label}
          </option>
        ))}
      </select>
      <input
        className="in mono"
        aria-label={`Pattern of rule ${number}`}
        aria-invalid={problem ? true : undefined}
        aria-describedby={problem ? problemId : undefined}
        placeholder={kind.example}
        value={rule.pattern}
        maxLength={500}
        spellCheck={false}
        autoComplete="off"
        onChange={(event) => onChange({ pattern: event.target.value })}
      />
      <select
        className="in"
        aria-label={`What rule ${number} does`}
        value={rule.action}
        onChange={(event) =>
          onChange({
            action: actions.find((one) => one.value === event.target.value)?.value ?? "mask",
          })
        }
      >
        {actions.map((one) => (
          <option key={one.value} value={one.value}>
            {one.label}
          </option>
        ))}
      </select>
      <span className="row acts">
        <RuleButtons number={number} isFirst={isFirst} onUp={onUp} onRemove={onRemove} />
      </span>
      <input
        className="in note"
        aria-label={`Why there is rule ${number}`}
        placeholder="Why (optional)"
        value={rule.note}
        maxLength={200}
        onChange={(event) => onChange({ note: event.target.value })}
      />
      {problem ? (
        <p className="crit s problem row" id={problemId} role="alert">
          <Glyph status="crit" label="" />
          <span>
            Character {problem.position + 1}: {problem.message}
          </span>
        </p>
      ) : null}
    </li>
  );
}
