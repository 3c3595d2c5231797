"""pushed groups"""

import sqlalchemy as sa
from alembic import op

revision = '0003'
down_revision = '0002'

_ID = sa.BigInteger().with_variant(sa.Integer(), 'sqlite')


def upgrade() -> None:
    op.create_table('pushed_groups',
    sa.Column('id', _ID, autoincrement=True, nullable=False),
    sa.Column('project_id', _ID, nullable=False),
    sa.Column('grouping_key', sa.String(length=64), nullable=False),
    sa.Column('labels', sa.JSON(), nullable=False),
    sa.Column('families', sa.LargeBinary(), nullable=False),
    sa.Column('pushed_ms', sa.BigInteger(), nullable=False),
    sa.Column('failed_ms', sa.BigInteger(), nullable=False),
    sa.ForeignKeyConstraint(['project_id'], ['projects.id'], name=op.f('fk_pushed_groups_project_id_projects'), ondelete='CASCADE'),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_pushed_groups')),
    sa.UniqueConstraint('project_id', 'grouping_key', name=op.f('uq_pushed_groups_project_id_grouping_key'))
    )
    op.create_index(op.f('ix_pushed_groups_project_id'), 'pushed_groups', ['project_id'], unique=False)
