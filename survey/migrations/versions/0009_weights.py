"""weights that HR changes, what a score was computed from

Revision ID: 0009
Revises: 0008
"""

import sqlalchemy as sa
from alembic import op

revision = '0009'
down_revision = '0008'
branch_labels = None
depends_on = None

#: Of a score and of a decision that was made with one before one's eyes.
HASHES = {
    'evidence_hash': 'of the masked text that was scored',
    'block_hash': "of the version's scoring block, weights and all",
    'encoder_hash': None,
    'code_hash': 'of the analysis; empty: scored before that was noted',
}


def upgrade() -> None:
    """Bring the schema forward. Scores that are there get their hashes with the next scoring."""
    for table, names in {'score': ('block_hash', 'code_hash'), 'decision': tuple(HASHES)}.items():
        for name in names:
            op.add_column(table, sa.Column(name, sa.String(length=64), nullable=False, server_default='', comment=HASHES[name]))
    op.add_column('persona_version', sa.Column('weights', sa.JSON(), nullable=False, server_default='{}', comment='{facets: {facet: weight}, traits: [{facet, text, weight}]}, as HR set them; empty: the usual ones'))
    op.create_table('weighing',
    sa.Column('id', sa.Integer(), nullable=False),
    sa.Column('version_id', sa.Integer(), nullable=False, comment='the published version that it would replace'),
    sa.Column('weights', sa.JSON(), nullable=False, comment='as those of a persona version'),
    sa.Column('scoring', sa.JSON(), nullable=True, comment='block with these weights; empty until the job is done and once published'),
    sa.Column('preview', sa.JSON(), nullable=True, comment='which leads would move; empty until the job is done'),
    sa.Column('job_id', sa.String(length=32), nullable=True),
    sa.Column('created_at', sa.DateTime(timezone=True), nullable=False),
    sa.Column('created_by', sa.Integer(), nullable=True),
    sa.ForeignKeyConstraint(['created_by'], ['account.id'], name=op.f('fk_weighing_created_by_account')),
    sa.ForeignKeyConstraint(['job_id'], ['job.id'], name=op.f('fk_weighing_job_id_job')),
    sa.ForeignKeyConstraint(['version_id'], ['persona_version.id'], name=op.f('fk_weighing_version_id_persona_version')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_weighing'))
    )


def downgrade() -> None:
    """Take the schema back."""
    op.drop_table('weighing')
    op.drop_column('persona_version', 'weights')
    for table, names in {'score': ('block_hash', 'code_hash'), 'decision': tuple(HASHES)}.items():
        for name in names:
            op.drop_column(table, name)
