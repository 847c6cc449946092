"""answers prepared to be taken away

Revision ID: 0012
Revises: 0011
"""

import sqlalchemy as sa
from alembic import op

revision = '0012'
down_revision = '0011'
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Bring the schema forward."""
    op.create_table('prepared_answers',
    sa.Column('wave_id', sa.Integer(), nullable=False),
    sa.Column('rows', sa.JSON(), nullable=False, comment='[[item, question, answer]]'),
    sa.Column('prepared_at', sa.DateTime(timezone=True), nullable=False),
    sa.ForeignKeyConstraint(['wave_id'], ['wave.id'], name=op.f('fk_prepared_answers_wave_id_wave'), ondelete='CASCADE'),
    sa.PrimaryKeyConstraint('wave_id', name=op.f('pk_prepared_answers'))
    )


def downgrade() -> None:
    """Take the schema back."""
    op.drop_table('prepared_answers')
