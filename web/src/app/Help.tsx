import { Fragment, type ReactNode, useState } from "react";
import { usePreference } from "@/api/scope";
import { writePreference } from "@/lib/preferences";
import { Checkbox } from "@/ui/controls";
import { Dialog } from "@/ui/Dialog";
import { type KeyHelp, pageKeys } from "@/ui/useKeys";
import { EVERYWHERE } from "./keys";
import { rooms } from "./rooms";

/** The keys of the page, then those that work everywhere, and the switch for people who use speech. */
export function Help({ onClose }: { onClose: () => void }): ReactNode {
  const isOff = usePreference("keys") === "off";
  const [own] = useState(pageKeys);
  return (
    <Dialog title="Keys" open wide onClose={onClose}>
      <div className="keys-columns">
        <div className="stack">
          {own.length > 0 ? <Keys title="On this page" keys={own} /> : null}
          <Keys title="Everywhere" keys={EVERYWHERE} />
        </div>
        <Keys title="Go to" keys={rooms.map((room) => [`G ${room.letter}`, room.label])} />
      </div>
      <Checkbox
        label="Single-letter keys"
        checked={!isOff}
        onChange={(on) => writePreference("keys", on ? "on" : "off")}
      />
    </Dialog>
  );
}

/** Keys stand apart: `"J  K"` is two, `"G H"` one after the other. */
function Keys({ title, keys }: { title: string; keys: KeyHelp }): ReactNode {
  return (
    <section aria-label={title}>
      <h3>{title}</h3>
      <dl className="keys">
        {keys.map(([names, does]) => (
          <Fragment key={`${names} ${does}`}>
            <dt>
              {names.split(/ +/).map((name) => (
                <kbd key={name}>{name}</kbd>
              ))}
            </dt>
            <dd>{does}</dd>
          </Fragment>
        ))}
      </dl>
    </section>
  );
}
