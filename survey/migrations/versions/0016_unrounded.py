"""fits before they are rounded, by which leads are ranked

Revision ID: 0016
Revises: 0015
"""

import sqlalchemy as sa
from alembic import op

revision = '0016'
down_revision = '0015'
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Bring the schema forward. Of what was scored before, only the shown number is known."""
    op.add_column('score', sa.Column('exact', sa.Double(), nullable=True, comment='the fit before it is rounded, by which leads are ranked; empty: scored before it was kept'))


def downgrade() -> None:
    """Take the schema back."""
    op.drop_column('score', 'exact')
