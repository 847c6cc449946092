"""by which table of aliases a score was read

Revision ID: 0015
Revises: 0014
"""

import sqlalchemy as sa
from alembic import op

revision = '0015'
down_revision = '0014'
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Bring the schema forward. What was scored before knew the bundled table alone."""
    for table in ('score', 'decision'):
        op.add_column(table, sa.Column('aliases_hash', sa.String(length=64), nullable=False, server_default='', comment="of the installation's own table of aliases; empty: it had none"))


def downgrade() -> None:
    """Take the schema back."""
    for table in ('score', 'decision'):
        op.drop_column(table, 'aliases_hash')
