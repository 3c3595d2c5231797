import type { ReactNode } from "react";
import { usePreference } from "@/api/scope";
import { useSignOut } from "@/api/session";
import { chooseTheme } from "@/lib/preferences";
import type { Room } from "@/lib/room";
import { Dialog } from "@/ui/Dialog";
import { Icon } from "@/ui/Icon";
import { PageLink } from "@/ui/PageLink";
import { firstPath } from "./rooms";

interface MoreSheetProps {
  /** Those that have no tab of their own. */
  rooms: readonly Room[];
  onFind: () => void;
  onClose: () => void;
}

/** On phones: the rooms that do not fit into the tabs, and what is the person's own. */
export function MoreSheet({ rooms, onFind, onClose }: MoreSheetProps): ReactNode {
  return (
    <Dialog title="More" open onClose={onClose}>
      <div className="more-list">
        <button
          type="button"
          onClick={() => {
            onClose();
            onFind();
          }}
        >
          <Icon name="find" />
          Find or run
        </button>
        {rooms.map((room) => (
          <PageLink key={room.id} to={firstPath(room)} onClick={onClose}>
            <Icon name={room.icon} />
            {room.label}
          </PageLink>
        ))}
        <hr />
        <PhoneMe />
      </div>
    </Dialog>
  );
}

function PhoneMe(): ReactNode {
  const signOut = useSignOut();
  usePreference("theme");
  const dark = document.documentElement.dataset.theme === "dark";
  return (
    <>
      <button type="button" onClick={() => chooseTheme(dark ? "light" : "dark")}>
        <Icon name="settings" />
        {dark ? "Light theme" : "Dark theme"}
      </button>
      <button type="button" onClick={() => signOut.mutate()}>
        <Icon name="user" />
        Sign out
      </button>
    </>
  );
}
