import type { Room } from "@/lib/room";

/** Every feature that has a `room.ts` is in the rail; what is not built is not shown. */
const found = import.meta.glob<{ room: Room }>("../features/*/room.ts", { eager: true });

export const rooms: readonly Room[] = Object.values(found)
  .map((module) => module.room)
  .sort((a, b) => a.order - b.order);

export const firstPath = (room: Room): string => room.pages[0]?.path ?? "";

export const roomOf = (path: string): Room | undefined =>
  rooms.find((room) => room.pages.some((page) => page.path === path));
