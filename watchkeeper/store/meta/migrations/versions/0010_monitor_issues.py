"""issues of scheduled jobs"""

import sqlalchemy as sa
from alembic import op

revision = "0010"
down_revision = "0009"


def upgrade() -> None:
    table = "monitor_environments"
    op.add_column(table, sa.Column("incident_ms", sa.BigInteger(), nullable=True))
    op.add_column(
        table, sa.Column("incident_event", sa.String(length=32), server_default=sa.text("''"), nullable=False)
    )
    op.add_column(table, sa.Column("recoveries", sa.Integer(), server_default="0", nullable=False))
    op.add_column(
        table, sa.Column("pending", sa.String(length=16), server_default=sa.text("''"), nullable=False)
    )
    op.add_column(
        table, sa.Column("pending_ms", sa.BigInteger(), server_default="0", nullable=False)
    )
