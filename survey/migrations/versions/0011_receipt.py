"""links to what is held about a lead

Revision ID: 0011
Revises: 0010
"""

import sqlalchemy as sa
from alembic import op

revision = '0011'
down_revision = '0010'
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Bring the schema forward."""
    op.create_table('receipt_link',
    sa.Column('lead_id', sa.Integer(), nullable=False),
    sa.Column('token_hash', sa.String(length=64), nullable=False, comment="SHA-256 of the link's token"),
    sa.Column('made_at', sa.DateTime(timezone=True), nullable=False),
    sa.Column('made_by', sa.Integer(), nullable=True),
    sa.Column('expires_at', sa.DateTime(timezone=True), nullable=False),
    sa.ForeignKeyConstraint(['lead_id'], ['lead.id'], name=op.f('fk_receipt_link_lead_id_lead'), ondelete='CASCADE'),
    sa.ForeignKeyConstraint(['made_by'], ['account.id'], name=op.f('fk_receipt_link_made_by_account')),
    sa.PrimaryKeyConstraint('lead_id', name=op.f('pk_receipt_link')),
    sa.UniqueConstraint('token_hash', name=op.f('uq_receipt_link_token_hash'))
    )


def downgrade() -> None:
    """Take the schema back."""
    op.drop_table('receipt_link')
