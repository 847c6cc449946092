"""answer

Revision ID: 0007
Revises: 0006
"""

import sqlalchemy as sa
from alembic import op

revision = '0007'
down_revision = '0006'
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Bring the schema forward. The defaults serve what was there before; a new column rebuilds no table."""
    op.add_column('item', sa.Column('rules', sa.JSON(), nullable=False, server_default='{}', comment='how it is asked beyond its type: boxes, sets, follows, view'))
    op.add_column('response', sa.Column('held_out', sa.Boolean(), nullable=False, server_default=sa.false(), comment='asked no follow-up question, by chance, to measure them'))


def downgrade() -> None:
    """Take the schema back, without rebuilding a table: its triggers would go with it."""
    op.execute('ALTER TABLE response DROP COLUMN held_out')
    op.execute('ALTER TABLE item DROP COLUMN rules')
