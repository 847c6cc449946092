"""how the file of an imported survey was read

Revision ID: 0013_survey5
Revises: 0012
"""

import sqlalchemy as sa
from alembic import op

revision = '0013_survey5'
down_revision = '0012'
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Bring the schema forward."""
    op.add_column('wave_import', sa.Column(
        'reading', sa.JSON(), nullable=False, server_default='{}',
        comment='{above: rows before the header, encoding, sheet, others}, what was not plain',
    ))


def downgrade() -> None:
    """Take the schema back."""
    with op.batch_alter_table('wave_import') as batch:
        batch.drop_column('reading')
