"""an upload shows the shape of answers and none of them

Revision ID: 0018
Revises: 0017
"""

import sqlalchemy as sa
from alembic import op

revision = '0018'
down_revision = '0017'
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Bring the schema forward. Of what waits to be confirmed no shapes are known."""
    op.drop_column('wave_import', 'samples')
    op.add_column('wave_import', sa.Column('shapes', sa.JSON(), nullable=False, server_default='[]', comment='of each question what its answers look like and no answer, until it is imported'))


def downgrade() -> None:
    """Take the schema back."""
    op.execute('DELETE FROM wave_import WHERE wave_id IS NULL')
    op.drop_column('wave_import', 'shapes')
    op.add_column('wave_import', sa.Column('samples', sa.JSON(), nullable=False, server_default='[]', comment='some answers to each question, drawn for it alone, until it is imported'))
