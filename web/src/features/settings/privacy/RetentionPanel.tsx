import { type FormEvent, type ReactNode, useState } from "react";
import {
  type Retention,
  type SignalSize,
  useRetention,
  useSetRetention,
  useSizes,
} from "@/api/privacy";
import { toFailure } from "@/api/queries";
import type { Scope } from "@/api/scope";
import type { Loaded } from "@/lib/loaded";
import { bytes, count } from "@/lib/units";
import { Async } from "@/ui/Async";
import { Button } from "@/ui/controls";
import { Panel } from "@/ui/Panel";
import { report } from "../report";
import { UnsavedGuard } from "./UnsavedGuard";
import { signalWords } from "./words";

/** For how many days each signal is kept, and what it takes now. */
export function RetentionPanel({ scope }: { scope: Scope }): ReactNode {
  const value = useRetention(scope.project.id);
  const sizes = useSizes(scope.project.id);
  return (
    <Panel title="Kept for" note="then it is deleted, day by day">
      <Async value={value} empty={null} minHeight={360}>
        {(kept) => <Days key={JSON.stringify(kept)} kept={kept} sizes={sizes} scope={scope} />}
      </Async>
    </Panel>
  );
}

type Written = Readonly<Record<string, string>>;

function Days({
  kept,
  sizes,
  scope,
}: {
  kept: Retention;
  sizes: Loaded<ReadonlyMap<string, SignalSize>>;
  scope: Scope;
}): ReactNode {
  const before = daysOf(kept);
  const [written, setWritten] = useState<Written>(() =>
    Object.fromEntries(kept.signals.map((one) => [one.signal, one.days?.toString() ?? ""])),
  );
  const save = useSetRetention(scope.project.id);
  const after: Record<string, number> = {};
  for (const [signal, text] of Object.entries(written))
    if (text !== "") after[signal] = Number(text);
  const wrong = Object.values(after).some(
    (days) => !Number.isInteger(days) || days < 1 || days > kept.longest_days,
  );
  const isSame = JSON.stringify(after) === JSON.stringify(before);
  const submit = (event: FormEvent): void => {
    event.preventDefault();
    save.mutate(
      after,
      report("Days saved", () => save.mutate(before)),
    );
  };
  return (
    <form className="form wide" onSubmit={submit}>
      <UnsavedGuard when={!isSame && !save.isPending} what="the days that things are kept" />
      <table className="t days" aria-label="Days that each signal is kept">
        <thead>
          <tr>
            <th scope="col">Signal</th>
            <th scope="col">Days</th>
            <th scope="col" className="num">
              Rows now
            </th>
            <th scope="col" className="num">
              On disk
            </th>
          </tr>
        </thead>
        <tbody>
          {kept.signals.map((one) => (
            <tr key={one.signal}>
              <th scope="row">{signalWords(one.signal)}</th>
              <td>
                <input
                  className="in"
                  type="number"
                  min={1}
                  max={kept.longest_days}
                  step={1}
                  aria-label={`Days for ${signalWords(one.signal)}`}
                  placeholder={`${one.default_days}`}
                  value={written[one.signal] ?? ""}
                  onChange={(event) => {
                    const { value } = event.target;
                    setWritten((old) => ({ ...old, [one.signal]: value }));
                  }}
                />
              </td>
              <Size size={sizes} signal={one.signal} />
            </tr>
          ))}
        </tbody>
      </table>
      <p className="faint s">
        Empty: the server&rsquo;s days, shown in grey. At most {kept.longest_days}. What is older
        than shorter days goes within hours.{" "}
        {sizes.state === "failed" ? `Sizes are not known: ${sizes.failure.message}` : null}
      </p>
      {save.error ? <p className="crit s">{toFailure(save.error).message}</p> : null}
      <span className="row">
        <Button
          type="submit"
          kind="primary"
          busy={save.isPending}
          reason={
            isSame
              ? "Nothing has changed"
              : wrong
                ? `Whole days, 1 to ${kept.longest_days}`
                : undefined
          }
        >
          Save
        </Button>
      </span>
    </form>
  );
}

function daysOf(kept: Retention): Record<string, number> {
  const days: Record<string, number> = {};
  for (const one of kept.signals) if (one.days !== null) days[one.signal] = one.days;
  return days;
}

function Size({
  size,
  signal,
}: {
  size: Loaded<ReadonlyMap<string, SignalSize>>;
  signal: string;
}): ReactNode {
  const found = size.state === "ready" ? size.data.get(signal) : undefined;
  if (!found)
    return (
      <>
        <td className="num faint">{size.state === "loading" ? "…" : "–"}</td>
        <td className="num faint">{size.state === "loading" ? "…" : "–"}</td>
      </>
    );
  const disk = bytes(found.bytes);
  return (
    <>
      <td className="num">{count(found.rows)}</td>
      <td className="num">
        {disk.text} <span className="faint">{disk.unit}</span>
      </td>
    </>
  );
}
