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
    op.drop_index('ix_score_ranking', table_name='score')
    op.create_index('ix_score_ranking', 'score', ['persona_version_id', 'exact'])


def downgrade() -> None:
    """Take the schema back."""
    op.drop_index('ix_score_ranking', table_name='score')
    op.create_index('ix_score_ranking', 'score', ['persona_version_id', 'fit'])
    op.drop_column('score', 'exact')
