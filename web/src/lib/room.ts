import type { ComponentType } from "react";
import type { IconName } from "@/ui/Icon";
import type { SearchMap } from "./url-state";

/** A control of the scope bar: in use, or off with the reason that is shown. */
export type ScopeUse = true | string;

export interface RoomPage {
  /** Below `/o/{org}/`: `errors`, `errors/$shortId`. The room's first page is where the rail leads. */
  readonly path: string;
  /** The heading; by default the room's name. With parameters it follows the room's name. */
  readonly title?: (params: Readonly<Record<string, string>>) => string;
  /** Loads the page's component; its code is fetched when the page is first opened. */
  readonly load: () => Promise<ComponentType>;
  readonly scope: {
    readonly environment: ScopeUse;
    readonly release: ScopeUse;
    readonly range: ScopeUse;
    /** Default: the page compares nothing. */
    readonly compare?: ScopeUse;
  };
}

/** A place in the rail with its pages. A feature exports one as `room` from its `room.ts`. */
export interface Room {
  readonly id: string;
  readonly label: string;
  readonly icon: IconName;
  /** After `G`. */
  readonly letter: string;
  /** Order in the rail; a new hundred starts a new group, 900 on stands at the foot. */
  readonly order: number;
  /** A number at the right end if it asks for action. */
  readonly count?: "firing" | "unresolved";
  readonly pages: readonly RoomPage[];
  /** More places for the command palette, below this room. */
  readonly places?: readonly {
    readonly label: string;
    readonly path: string;
    readonly search?: SearchMap;
  }[];
}
