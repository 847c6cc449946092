"""how the file of an imported survey was read; attributes of closed waves under a key

Revision ID: 0013
Revises: 0012
"""

import sqlalchemy as sa
from alembic import op

revision = '0013'
down_revision = '0012'
branch_labels = None
depends_on = None

_BEFORE = 'empty until the close, then coarsened'
_AFTER = 'coarse attributes of a wave that an earlier version closed, else empty'


def upgrade() -> None:
    """Bring the schema forward."""
    op.add_column('wave_import', sa.Column(
        'reading', sa.JSON(), nullable=False, server_default='{}',
        comment='{above: rows before the header, encoding, sheet, others}, what was not plain',
    ))
    if op.get_bind().dialect.name == 'postgresql':
        op.alter_column('response', 'attributes', existing_comment=_BEFORE, comment=_AFTER)
    op.add_column('response', sa.Column(
        'kept', sa.LargeBinary(), nullable=True,
        comment='NaCl secret box with what the close kept of them, under a key of the key folder',
    ))


def downgrade() -> None:
    """Take the schema back."""
    op.drop_column('response', 'kept')
    if op.get_bind().dialect.name == 'postgresql':
        op.alter_column('response', 'attributes', existing_comment=_AFTER, comment=_BEFORE)
    op.drop_column('wave_import', 'reading')
