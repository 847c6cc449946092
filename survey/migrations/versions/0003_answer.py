"""answer

Revision ID: 0003_answer
Revises: 0002
"""

import sqlalchemy as sa
from alembic import op

revision = '0003_answer'
down_revision = '0002'
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Bring the schema forward. The defaults serve what was there before; a new column rebuilds no table."""
    op.add_column('item', sa.Column('rules', sa.JSON(), nullable=False, server_default='{}', comment='how it is asked beyond its type: boxes, sets, follows, view'))
    op.add_column('response', sa.Column('held_out', sa.Boolean(), nullable=False, server_default=sa.false(), comment='asked no follow-up question, by chance, to measure them'))


def downgrade() -> None:
    """Take the schema back."""
    with op.batch_alter_table('response', schema=None) as batch_op:
        batch_op.drop_column('held_out')
    with op.batch_alter_table('item', schema=None) as batch_op:
        batch_op.drop_column('rules')
