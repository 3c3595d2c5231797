import { type FormEvent, type ReactNode, useEffect, useRef, useState } from "react";
import { type Scope, useSetRange } from "@/api/scope";
import { browserZone, writePreference } from "@/lib/preferences";
import { PRESETS, parseRange } from "@/lib/time";
import { Button, SelectField, TextField } from "@/ui/controls";

/** The range: typed first, presets below, and the page's one zone. */
export function RangeForm({ scope, onDone }: { scope: Scope; onDone: () => void }): ReactNode {
  const [text, setText] = useState("");
  const [error, setError] = useState<string | null>(null);
  const setRange = useSetRange();
  const form = useRef<HTMLFormElement>(null);
  // Its code comes after the layer it stands in, which has looked for what to focus by then.
  useEffect(() => form.current?.querySelector("input")?.focus(), []);
  const submit = (event: FormEvent): void => {
    event.preventDefault();
    const range = parseRange(text, Date.now(), scope.zone);
    if (range === null) {
      setError("Not a range. Try 6h, yesterday or 09:34–10:34.");
      return;
    }
    setRange(range);
    onDone();
  };
  return (
    <form ref={form} className="range-pop" onSubmit={submit}>
      <TextField
        label="Range"
        placeholder="6h, 2d ago to now, 20 Nov 09:34–10:34"
        autoComplete="off"
        value={text}
        error={error}
        onChange={setText}
      />
      <div className="presets">
        {PRESETS.map((preset) => (
          <Button
            key={preset.from}
            aria-pressed={scope.range.from === preset.from && scope.range.to === "now"}
            onClick={() => {
              setRange({ from: preset.from, to: "now" });
              onDone();
            }}
          >
            {preset.label}
          </Button>
        ))}
      </div>
      <SelectField
        label="Zone of the page"
        value={scope.zone}
        options={zones(scope)}
        onChange={(zone) => writePreference("zone", zone)}
      />
    </form>
  );
}

function zones(scope: Scope): { value: string; label: string }[] {
  const own = browserZone();
  const named = new Map([
    [own, `${own} (browser)`],
    [scope.project.timezone, `${scope.project.timezone} (project)`],
    ["UTC", "UTC"],
    [scope.zone, scope.zone],
  ]);
  named.set(own, `${own} (browser)`);
  return [...named].map(([value, label]) => ({ value, label }));
}
