import { type FormEvent, type ReactNode, useEffect, useState } from "react";
import type { Unit } from "@/lib/units";
import { Button } from "@/ui/controls";

interface LimitFormProps {
  unit: Unit;
  limit: number | null;
  onLimit: (limit: number | null) => void;
}

/** What the value must not reach. */
export function LimitForm({ unit, limit, onLimit }: LimitFormProps): ReactNode {
  const shown = limit === null ? "" : String(unit === "ratio" ? limit * 100 : limit);
  const [text, setText] = useState(shown);
  useEffect(() => setText(shown), [shown]);
  const number = Number(text.replace(",", "."));
  const isWrong = text.trim() !== "" && !Number.isFinite(number);
  const submit = (event: FormEvent): void => {
    event.preventDefault();
    if (isWrong) return;
    onLimit(text.trim() === "" ? null : unit === "ratio" ? number / 100 : number);
  };
  const suffix = unit === "ratio" || unit === "percent" ? "%" : unit;
  return (
    <form className="panel limit-form" onSubmit={submit}>
      <label htmlFor="forecast-limit" className="m">
        Limit
      </label>
      <input
        id="forecast-limit"
        className="in fit num"
        inputMode="decimal"
        placeholder="none"
        aria-invalid={isWrong || undefined}
        value={text}
        onChange={(event) => setText(event.target.value)}
      />
      <span className="muted">{suffix}</span>
      <Button type="submit" reason={isWrong ? "A limit is a number" : undefined}>
        Foresee
      </Button>
      <span className="faint s only-l">
        From hourly values of 14 days: median of all slopes, the daily course taken out.
      </span>
    </form>
  );
}
