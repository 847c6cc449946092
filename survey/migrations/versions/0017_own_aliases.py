"""the own table of aliases in the database

Revision ID: 0017
Revises: 0016
"""

import sqlalchemy as sa
from alembic import op

revision = '0017'
down_revision = '0016'
branch_labels = None
depends_on = None

BEFORE = 'block with these weights; empty until the job is done and once published'
SCORING = 'block with these weights; empty until colleagues are scored by them and once published'


def _comment_scoring(comment: str, before: str) -> None:
    if op.get_bind().dialect.supports_comments:
        op.alter_column('weighing', 'scoring', existing_type=sa.JSON(), existing_nullable=True, comment=comment, existing_comment=before)


def upgrade() -> None:
    """Bring the schema forward."""
    _comment_scoring(SCORING, BEFORE)
    op.create_table('alias_table',
    sa.Column('number', sa.Integer(), autoincrement=False, nullable=False, comment='counts the versions: of two at once, one comes first'),
    sa.Column('hash', sa.String(length=64), nullable=False, comment='SHA-256; empty for a table of no rows'),
    sa.Column('rows', sa.JSON(), nullable=False, comment='{skill: [alias]}, in the form in which texts are read'),
    sa.Column('made_at', sa.DateTime(timezone=True), nullable=False),
    sa.Column('made_by', sa.Integer(), nullable=True),
    sa.ForeignKeyConstraint(['made_by'], ['account.id'], name=op.f('fk_alias_table_made_by_account')),
    sa.PrimaryKeyConstraint('number', name=op.f('pk_alias_table'))
    )
    op.create_index(op.f('ix_alias_table_hash'), 'alias_table', ['hash'], unique=False)
    op.create_table('alias_suggestion',
    sa.Column('alias', sa.String(length=80), nullable=False),
    sa.Column('skill', sa.String(length=80), nullable=False),
    sa.Column('likeness', sa.Integer(), nullable=False, comment='92 to 100: letters that both have in the same order'),
    sa.Column('n_leads', sa.Integer(), nullable=False, comment='how many leads listed it when somebody last looked'),
    sa.Column('declined_at', sa.DateTime(timezone=True), nullable=True, comment='set: never proposed again'),
    sa.Column('declined_by', sa.Integer(), nullable=True),
    sa.ForeignKeyConstraint(['declined_by'], ['account.id'], name=op.f('fk_alias_suggestion_declined_by_account')),
    sa.PrimaryKeyConstraint('alias', 'skill', name=op.f('pk_alias_suggestion'))
    )


def downgrade() -> None:
    """Take the schema back."""
    _comment_scoring(BEFORE, SCORING)
    # Nobody knows this kind of job any more.
    op.execute("DELETE FROM job WHERE kind = 'suggest_aliases'")
    op.drop_table('alias_suggestion')
    op.drop_index(op.f('ix_alias_table_hash'), table_name='alias_table')
    op.drop_table('alias_table')
