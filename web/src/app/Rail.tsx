import { useLocation } from "@tanstack/react-router";
import { Fragment, lazy, type ReactNode, Suspense, useState } from "react";
import { useCounts } from "@/api/counts";
import { usePreference, useScope } from "@/api/scope";
import { useSession, useSignOut } from "@/api/session";
import { chooseTheme, type ThemeChoice, themeChoice } from "@/lib/preferences";
import type { Room } from "@/lib/room";
import { Icon, Mark } from "@/ui/Icon";
import { MenuItem, Popover } from "@/ui/Menu";
import { PageLink } from "@/ui/PageLink";
import { Avatar } from "@/ui/Panel";
import { firstPath, rooms } from "./rooms";

const MoreSheet = lazy(() => import("./MoreSheet").then((one) => ({ default: one.MoreSheet })));

const FOOT = 900;
const groupOf = (room: Room | undefined): number => Math.floor((room?.order ?? 0) / 100);

/** Which room the address is in. */
function useCurrentRoom(): string | undefined {
  const part = useLocation({ select: (at) => at.pathname.split("/")[3] });
  return rooms.find((room) => room.pages.some((page) => page.path.split("/")[0] === part))?.id;
}

interface RailProps {
  onFind: () => void;
  onHelp: () => void;
}

export function Rail({ onFind, onHelp }: RailProps): ReactNode {
  const current = useCurrentRoom();
  const upper = rooms.filter((room) => room.order < FOOT);
  return (
    <nav className="rail" aria-label="Main">
      <div className="brand">
        <Mark />
        <span>Watchkeeper</span>
      </div>
      <button type="button" className="find" onClick={onFind} title="Find or run (Ctrl K)">
        <Icon name="find" />
        <span>Find or run</span>
        <kbd>Ctrl K</kbd>
      </button>
      {upper.map((room, i) => (
        <Fragment key={room.id}>
          {i > 0 && groupOf(room) !== groupOf(upper[i - 1]) ? <div className="gap" /> : null}
          <RailLink room={room} isCurrent={room.id === current} />
        </Fragment>
      ))}
      <div className="fill" />
      {rooms
        .filter((room) => room.order >= FOOT)
        .map((room) => (
          <RailLink key={room.id} room={room} isCurrent={room.id === current} />
        ))}
      <Me onHelp={onHelp} />
    </nav>
  );
}

function RailLink({ room, isCurrent }: { room: Room; isCurrent: boolean }): ReactNode {
  const count = useCount(room);
  return (
    <PageLink
      to={firstPath(room)}
      aria-current={isCurrent ? "page" : undefined}
      title={`${room.label} (G ${room.letter})`}
    >
      <Icon name={room.icon} />
      <span>{room.label}</span>
      {count > 0 ? (
        <span className="n">
          {count > 999 ? "999+" : count}
          <span className="sr"> {room.count}</span>
        </span>
      ) : null}
    </PageLink>
  );
}

function useCount(room: Room): number {
  const { project } = useScope();
  const counts = useCounts(project.id, room.count !== undefined);
  return room.count && counts.state === "ready" ? counts.data[room.count] : 0;
}

const THEMES: readonly { value: ThemeChoice; label: string }[] = [
  { value: "system", label: "Theme of the system" },
  { value: "light", label: "Light theme" },
  { value: "dark", label: "Dark theme" },
];

function Me({ onHelp }: { onHelp: () => void }): ReactNode {
  const session = useSession();
  const user = session.state === "ready" ? session.data.user : null;
  const name = user?.name || user?.email || "";
  return (
    <div className="who">
      <Popover
        buttonClass="me"
        button={
          <>
            <Avatar name={name} />
            <span className="grow trunc m">{name}</span>
          </>
        }
      >
        {(close) => <MeMenu close={close} onHelp={onHelp} />}
      </Popover>
    </div>
  );
}

function MeMenu({ close, onHelp }: { close: () => void; onHelp: () => void }): ReactNode {
  const signOut = useSignOut();
  usePreference("theme");
  return (
    <>
      {THEMES.map((one) => (
        <MenuItem
          key={one.value}
          chosen={themeChoice() === one.value}
          onChoose={() => chooseTheme(one.value)}
        >
          {one.label}
          {themeChoice() === one.value ? (
            <span className="end">
              <Icon name="check" small />
            </span>
          ) : null}
        </MenuItem>
      ))}
      <hr />
      <MenuItem
        end="?"
        onChoose={() => {
          close();
          onHelp();
        }}
      >
        Keys
      </MenuItem>
      <MenuItem onChoose={() => signOut.mutate()}>Sign out</MenuItem>
    </>
  );
}

const MOST_TABS = 4;

/** The rail of phones: the first four rooms, the rest behind More. */
export function Tabs({ onFind }: { onFind: () => void }): ReactNode {
  const current = useCurrentRoom();
  const [isOpen, setOpen] = useState(false);
  const first = rooms.slice(0, MOST_TABS);
  return (
    <nav className="tabs" aria-label="Main">
      {first.map((room) => (
        <TabLink key={room.id} room={room} isCurrent={room.id === current} />
      ))}
      <button type="button" aria-haspopup="dialog" onClick={() => setOpen(true)}>
        <Icon name="more" />
        More
      </button>
      {isOpen ? (
        <Suspense fallback={null}>
          <MoreSheet
            rooms={rooms.slice(MOST_TABS)}
            onFind={onFind}
            onClose={() => setOpen(false)}
          />
        </Suspense>
      ) : null}
    </nav>
  );
}

function TabLink({ room, isCurrent }: { room: Room; isCurrent: boolean }): ReactNode {
  const count = useCount(room);
  return (
    <PageLink to={firstPath(room)} aria-current={isCurrent ? "page" : undefined}>
      <Icon name={room.icon} />
      {room.label}
      {room.count === "firing" && count > 0 ? <span className="n">{count}</span> : null}
    </PageLink>
  );
}
