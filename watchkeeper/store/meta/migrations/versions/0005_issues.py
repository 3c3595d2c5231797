"""issues: resolutions, ignoring until, merges, comments, searches, severity rules"""

import sqlalchemy as sa
from alembic import op

revision = '0005'
down_revision = '0004'


def upgrade() -> None:
    op.create_table('issue_searches',
    sa.Column('id', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), autoincrement=True, nullable=False),
    sa.Column('project_id', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), nullable=False),
    sa.Column('user_id', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), nullable=True),
    sa.Column('name', sa.String(length=100), nullable=False),
    sa.Column('query', sa.String(length=500), nullable=False),
    sa.Column('sort', sa.String(length=16), nullable=False),
    sa.Column('is_default', sa.Boolean(), nullable=False),
    sa.Column('created_by', sa.String(length=254), nullable=False),
    sa.Column('created_by_id', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), nullable=True),
    sa.Column('changed_ms', sa.BigInteger(), nullable=False),
    sa.ForeignKeyConstraint(['project_id'], ['projects.id'], name=op.f('fk_issue_searches_project_id'), ondelete='CASCADE'),
    sa.ForeignKeyConstraint(['user_id'], ['users.id'], name=op.f('fk_issue_searches_user_id'), ondelete='CASCADE'),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_issue_searches'))
    )
    with op.batch_alter_table('issue_searches', schema=None) as batch_op:
        batch_op.create_index(batch_op.f('ix_issue_searches_project_id'), ['project_id'], unique=False)
        batch_op.create_index(batch_op.f('ix_issue_searches_user_id'), ['user_id'], unique=False)

    op.create_table('issue_undos',
    sa.Column('id', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), autoincrement=True, nullable=False),
    sa.Column('project_id', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), nullable=False),
    sa.Column('at_ms', sa.BigInteger(), nullable=False),
    sa.Column('actor', sa.String(length=254), nullable=False),
    sa.Column('facts', sa.JSON(), nullable=False),
    sa.ForeignKeyConstraint(['project_id'], ['projects.id'], name=op.f('fk_issue_undos_project_id'), ondelete='CASCADE'),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_issue_undos'))
    )
    with op.batch_alter_table('issue_undos', schema=None) as batch_op:
        batch_op.create_index(batch_op.f('ix_issue_undos_at_ms'), ['at_ms'], unique=False)
        batch_op.create_index(batch_op.f('ix_issue_undos_project_id'), ['project_id'], unique=False)

    op.create_table('severity_rules',
    sa.Column('id', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), autoincrement=True, nullable=False),
    sa.Column('project_id', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), nullable=False),
    sa.Column('position', sa.Integer(), nullable=False),
    sa.Column('query', sa.String(length=500), nullable=False),
    sa.Column('severity', sa.String(length=16), nullable=False),
    sa.ForeignKeyConstraint(['project_id'], ['projects.id'], name=op.f('fk_severity_rules_project_id'), ondelete='CASCADE'),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_severity_rules')),
    sa.UniqueConstraint('project_id', 'position', name=op.f('uq_severity_rules_project_id_position'))
    )
    with op.batch_alter_table('severity_rules', schema=None) as batch_op:
        batch_op.create_index(batch_op.f('ix_severity_rules_project_id'), ['project_id'], unique=False)

    op.create_table('issue_comments',
    sa.Column('id', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), autoincrement=True, nullable=False),
    sa.Column('issue_id', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), nullable=False),
    sa.Column('at_ms', sa.BigInteger(), nullable=False),
    sa.Column('edited_ms', sa.BigInteger(), nullable=True),
    sa.Column('author', sa.String(length=254), nullable=False),
    sa.Column('text', sa.Text(), nullable=False),
    sa.ForeignKeyConstraint(['issue_id'], ['issues.id'], name=op.f('fk_issue_comments_issue_id'), ondelete='CASCADE'),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_issue_comments'))
    )
    with op.batch_alter_table('issue_comments', schema=None) as batch_op:
        batch_op.create_index(batch_op.f('ix_issue_comments_issue_id'), ['issue_id'], unique=False)

    op.create_table('issue_ignored_users',
    sa.Column('issue_id', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), nullable=False),
    sa.Column('user_hash', sa.String(length=16), nullable=False),
    sa.ForeignKeyConstraint(['issue_id'], ['issues.id'], name=op.f('fk_issue_ignored_users_issue_id'), ondelete='CASCADE'),
    sa.PrimaryKeyConstraint('issue_id', 'user_hash', name=op.f('pk_issue_ignored_users'))
    )
    with op.batch_alter_table('issue_hashes', schema=None) as batch_op:
        batch_op.add_column(sa.Column('home_issue_id', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), nullable=True))

    with op.batch_alter_table('issues', schema=None) as batch_op:
        batch_op.add_column(sa.Column('severity_by', sa.String(length=8), server_default='events', nullable=False))
        batch_op.add_column(sa.Column('resolution', sa.JSON(none_as_null=True), nullable=True))
        batch_op.add_column(sa.Column('ignoring', sa.JSON(none_as_null=True), nullable=True))
        batch_op.add_column(sa.Column('ignored_until_ms', sa.BigInteger(), nullable=True))
        batch_op.add_column(sa.Column('merged_into_id', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), nullable=True))
        batch_op.add_column(sa.Column('merged_ms', sa.BigInteger(), nullable=True))
    op.execute(
        "UPDATE issues SET severity_by = 'person' "
        "WHERE id IN (SELECT issue_id FROM issue_activity WHERE kind = 'severity')"
    )
