"""imports of waves are jobs

Revision ID: 0010
Revises: 0009
"""

import sqlalchemy as sa
from alembic import op

revision = '0010'
down_revision = '0009'
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Bring the schema forward. What waits to be confirmed has no samples; it would be gone within a day anyway."""
    op.execute('DELETE FROM wave_import WHERE wave_id IS NULL')
    op.add_column('wave_import', sa.Column('samples', sa.JSON(), nullable=False, server_default='[]', comment='some answers to each question, drawn for it alone, until it is imported'))
    op.add_column('wave_import', sa.Column('unsent', sa.JSON(), nullable=False, server_default='{}', comment='{looked, unfinished: rows that nobody sent; taken: the unfinished all the same}'))
    op.add_column('wave_import', sa.Column('name', sa.String(length=120), nullable=False, server_default='', comment='what the wave is to be called'))


def downgrade() -> None:
    """Take the schema back."""
    for column in ('name', 'unsent', 'samples'):
        op.drop_column('wave_import', column)
