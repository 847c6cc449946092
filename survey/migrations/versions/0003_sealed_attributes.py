"""attributes stay sealed until the close; a launched wave keeps its level of anonymity

Revision ID: 0003
Revises: 0002
"""

import sqlalchemy as sa
from alembic import op

revision = '0003'
down_revision = '0002'
branch_labels = None
depends_on = None

# A batch rebuild of "wave" on SQLite drops its triggers: a later one has to make this one again.
FROZEN = ('attributes', 'coarsening', 'public_key', 'questionnaire_id')
MESSAGE = 'a launched wave keeps its level of anonymity'
BACKWARD = (
    "(OLD.state <> 'draft' AND NEW.state = 'draft') OR "
    "(OLD.state IN ('closing', 'closed') AND NEW.state IN ('draft', 'open')) OR "
    "(OLD.state = 'closed' AND NEW.state <> 'closed')"
)


def upgrade() -> None:
    """Bring the schema forward."""
    op.add_column('response', sa.Column('sealed', sa.LargeBinary(), nullable=True, comment='NaCl sealed box with the attributes, until the close'))
    if _is_postgresql():
        op.alter_column('response', 'attributes', comment='empty until the close, then coarsened', existing_comment='coarsened before sealing')
        changed = ' OR '.join(f'NEW.{name}::text IS DISTINCT FROM OLD.{name}::text' for name in FROZEN)
        op.execute(
            'CREATE FUNCTION refuse_thaw() RETURNS trigger LANGUAGE plpgsql AS '
            f"$$ BEGIN RAISE EXCEPTION '{MESSAGE}' USING ERRCODE = 'check_violation'; END $$"
        )
        op.execute(
            'CREATE TRIGGER wave_stays_frozen BEFORE UPDATE ON wave FOR EACH ROW '
            f"WHEN ({BACKWARD} OR (OLD.state <> 'draft' AND ({changed}))) EXECUTE FUNCTION refuse_thaw()"
        )
    else:
        changed = ' OR '.join(f'NEW.{name} IS NOT OLD.{name}' for name in FROZEN)
        op.execute(
            'CREATE TRIGGER wave_stays_frozen BEFORE UPDATE ON wave '
            f"WHEN {BACKWARD} OR (OLD.state <> 'draft' AND ({changed})) "
            f"BEGIN SELECT RAISE(ABORT, '{MESSAGE}'); END"
        )


def downgrade() -> None:
    """Take the schema back."""
    if _is_postgresql():
        op.execute('DROP TRIGGER wave_stays_frozen ON wave')
        op.execute('DROP FUNCTION refuse_thaw()')
    else:
        op.execute('DROP TRIGGER wave_stays_frozen')
    with op.batch_alter_table('response', schema=None) as batch_op:
        batch_op.drop_column('sealed')


def _is_postgresql() -> bool:
    return op.get_bind().dialect.name == 'postgresql'
