"""How much waits in the spool."""

from __future__ import annotations

from dataclasses import dataclass

from watchkeeper.api.repo import lane_positions
from watchkeeper.api.rooms import Rooms
from watchkeeper.store.spool import Position


@dataclass(frozen=True, slots=True)
class Waiting:
    """depth_bytes: of all lanes; lag_ms: age of the oldest record that is not stored."""

    depth_bytes: int
    lag_ms: int


def spool_state(rooms: Rooms) -> Waiting:
    """What is accepted and not stored yet."""
    with rooms.meta.read() as conn:
        positions = lane_positions(conn)
    depth = sum(
        rooms.spool.depth_bytes(lane, positions.get(lane, Position(0, 0)))
        for lane in rooms.spool.lanes()
    )
    return Waiting(depth, rooms.digest.lag_ms())
