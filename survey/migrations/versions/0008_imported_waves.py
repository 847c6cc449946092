"""waves imported from elsewhere

Revision ID: 0008
Revises: 0007
"""

import sqlalchemy as sa
from alembic import op

revision = '0008'
down_revision = '0007'
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Bring the schema forward."""
    op.create_table('wave_import',
    sa.Column('id', sa.Integer(), nullable=False),
    sa.Column('filename', sa.String(length=200), nullable=False),
    sa.Column('system', sa.String(length=40), nullable=False, comment='where the survey was made, empty if it was not recognised'),
    sa.Column('header', sa.String(length=64), nullable=False, comment='hash of the questions: a mapping is remembered by it'),
    sa.Column('questions', sa.JSON(), nullable=False, comment='[{prompt, code, columns, options}]'),
    sa.Column('dropped', sa.JSON(), nullable=False, comment='headers of columns that were left out on entry'),
    sa.Column('mapping', sa.JSON(), nullable=False, comment='place of a question → item'),
    sa.Column('content', sa.LargeBinary(), nullable=True, comment='rows without what was left out, until it is imported'),
    sa.Column('n_rows', sa.Integer(), nullable=False),
    sa.Column('wave_id', sa.Integer(), nullable=True),
    sa.Column('created_at', sa.DateTime(timezone=True), nullable=False),
    sa.Column('created_by', sa.Integer(), nullable=True),
    sa.ForeignKeyConstraint(['created_by'], ['account.id'], name=op.f('fk_wave_import_created_by_account')),
    sa.ForeignKeyConstraint(['wave_id'], ['wave.id'], name=op.f('fk_wave_import_wave_id_wave')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_wave_import'))
    )
    op.create_index(op.f('ix_wave_import_header'), 'wave_import', ['header'], unique=False)


def downgrade() -> None:
    """Take the schema back."""
    op.drop_table('wave_import')
