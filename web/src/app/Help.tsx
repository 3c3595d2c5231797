import { Fragment, type ReactNode } from "react";
import { usePreference } from "@/api/scope";
import { writePreference } from "@/lib/preferences";
import { Checkbox } from "@/ui/controls";
import { Dialog } from "@/ui/Dialog";
import { rooms } from "./rooms";

const KEYS: readonly (readonly [string, string])[] = [
  ["Ctrl K", "Find or run"],
  ["/", "The page's filter"],
  ["T", "Time range"],
  ["[  ]", "Half a range back, forward"],
  ["Z", "Back, after zooming"],
  ["L", "Live on, off"],
  ["J  K", "Next, previous row"],
  ["Enter", "Open the row"],
  ["Space", "Open it beside the list"],
  ["X  M", "Select issues, merge them"],
  ["R  I", "Resolve, ignore an issue"],
  ["A  S", "Assign it, its severity"],
  ["C", "Comment on it"],
  ["Shift C", "Copy link, range made absolute"],
  ["Esc", "Close; then clear the selection"],
  ["?", "These keys"],
];

/** All keys, and the switch for people who use speech or switches. */
export function Help({ onClose }: { onClose: () => void }): ReactNode {
  const isOff = usePreference("keys") === "off";
  const pages = rooms.map((room) => [`G ${room.letter}`, room.label] as const);
  return (
    <Dialog title="Keys" open onClose={onClose}>
      <dl className="keys">
        {[...KEYS, ...pages].map(([keys, does]) => (
          <Fragment key={keys}>
            <dt>
              <kbd>{keys}</kbd>
            </dt>
            <dd>{does}</dd>
          </Fragment>
        ))}
      </dl>
      <Checkbox
        label="Single-letter keys"
        checked={!isOff}
        onChange={(on) => writePreference("keys", on ? "on" : "off")}
      />
    </Dialog>
  );
}
