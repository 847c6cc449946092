"""what may be used of answers, kept beside them

Revision ID: 0014
Revises: 0013
"""

import sqlalchemy as sa
from alembic import op

revision = '0014'
down_revision = '0013'
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Bring the schema forward."""
    op.create_table('usable_answers',
    sa.Column('response_id', sa.String(length=32), nullable=False),
    sa.Column('made_from', sa.String(length=64), nullable=False, comment='SHA-256 of the answers and of the code and word lists that read them'),
    sa.Column('texts', sa.JSON(), nullable=False, comment='by item'),
    sa.ForeignKeyConstraint(['response_id'], ['response.id'], name=op.f('fk_usable_answers_response_id_response'), ondelete='CASCADE'),
    sa.PrimaryKeyConstraint('response_id', name=op.f('pk_usable_answers')),
    sqlite_with_rowid=False
    )


def downgrade() -> None:
    """Take the schema back."""
    op.drop_table('usable_answers')
