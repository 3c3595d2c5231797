"""Sessions as the sink of envelopes takes them."""

from __future__ import annotations

from watchkeeper.ingest.envelope_rows import SessionRow, encode_envelope_rows


def session(
    sid: int,
    *,
    ts: int,
    status: str = "ok",
    seq: int = 0,
    user: str = "",
    errored: int = 0,
    sessions: int = 1,
    crashed: int | None = None,
    release: str = "shop@1",
    environment: str = "production",
) -> SessionRow:
    """One state of a session; or, with `sessions` and `crashed`, the sum of several."""
    return SessionRow(
        ts=ts,
        session_id=f"{sid:032x}" if sessions == 1 else f"sum-{sid:032x}",
        user_key=user,
        seq=seq,
        status=status,
        duration_ms=0,
        errors=errored,
        sessions=sessions,
        errored=errored,
        abnormal=int(status == "abnormal"),
        crashed=int(status == "crashed") if crashed is None else crashed,
        release=release,
        environment=environment,
    )


def sessions_payload(*rows: SessionRow) -> bytes:
    """A record's payload."""
    return encode_envelope_rows(rows)
