"""What every relational table is made with: metadata, names of constraints, common columns."""

from __future__ import annotations

from sqlalchemy import BigInteger, Column, ForeignKey, Integer, MetaData

metadata = MetaData(
    # Every constraint has a name, so that a later migration can drop it on both databases.
    naming_convention={
        "ix": "ix_%(table_name)s_%(column_0_N_name)s",
        "uq": "uq_%(table_name)s_%(column_0_N_name)s",
        "fk": "fk_%(table_name)s_%(column_0_N_name)s",
        "pk": "pk_%(table_name)s",
    }
)
Id = BigInteger().with_variant(Integer, "sqlite")
Ms = BigInteger


def id_column() -> Column[int]:
    """The id of a row, from 1."""
    return Column("id", Id, primary_key=True, autoincrement=True)


def ref_column(
    name: str, target: str, *, nullable: bool = False, index: bool = True
) -> Column[int]:
    """The id of a row of another table; this row goes with that one."""
    return Column(
        name, Id, ForeignKey(f"{target}.id", ondelete="CASCADE"), nullable=nullable, index=index
    )
