"""waves made in the browser, frozen questionnaires, mail

Revision ID: 0006
Revises: 0005
"""

import sqlalchemy as sa
from alembic import op

revision = '0006'
down_revision = '0005'
branch_labels = None
depends_on = None

# A batch rebuild of "item" or "questionnaire" on SQLite drops these: a later one has to make them again.
FROZEN = 'questionnaire.frozen_at IS NOT NULL'
TRIGGERS = {
    'item_insert': ('INSERT', 'item', f'EXISTS (SELECT 1 FROM questionnaire WHERE id = NEW.questionnaire_id AND {FROZEN})'),
    'item_update': ('UPDATE', 'item', f'EXISTS (SELECT 1 FROM questionnaire WHERE id IN (OLD.questionnaire_id, NEW.questionnaire_id) AND {FROZEN})'),
    'item_delete': ('DELETE', 'item', f'EXISTS (SELECT 1 FROM questionnaire WHERE id = OLD.questionnaire_id AND {FROZEN})'),
    'questionnaire_update': ('UPDATE', 'questionnaire', 'OLD.frozen_at IS NOT NULL'),
    'questionnaire_delete': ('DELETE', 'questionnaire', 'OLD.frozen_at IS NOT NULL'),
}
MESSAGE = 'a launched questionnaire is frozen'


def upgrade() -> None:
    """Bring the schema forward. The defaults serve what is there already."""
    op.add_column('questionnaire', sa.Column('revision', sa.Integer(), nullable=False, server_default='1', comment='grows when items are added, moved or dropped'))
    op.add_column('questionnaire', sa.Column('frozen_at', sa.DateTime(timezone=True), nullable=True, comment='set at launch: from then on triggers refuse every change of it and its items'))
    op.add_column('item', sa.Column('revision', sa.Integer(), nullable=False, server_default='1', comment='grows when this item is changed'))
    for name, comment in {
        'groups': 'of the roster of a draft: {column: {band: people}}',
        'audience': '{column: [band]}: only these people are invited; empty: all',
        'texts': '{language: {welcome, subject, invitation, reminder}}',
        'plan': '{invite: bool, reminders: [days after opening]}',
        'progress': 'rounded figures of an open wave, renewed for crowds only',
    }.items():
        op.add_column('wave', sa.Column(name, sa.JSON(), nullable=False, server_default='{}', comment=comment))
    op.add_column('wave', sa.Column('n_cards', sa.Integer(), nullable=False, server_default='0', comment='printed codes, for people without e-mail'))
    op.add_column('wave', sa.Column('signed_off_by', sa.String(length=200), nullable=False, server_default='', comment='who agreed to the wave'))
    op.add_column('wave', sa.Column('opens_at', sa.DateTime(timezone=True), nullable=True, comment='planned; empty: at launch'))
    op.add_column('wave', sa.Column('closes_at', sa.DateTime(timezone=True), nullable=True, comment='planned; empty: by hand'))
    op.add_column('invitee', sa.Column('card', sa.Integer(), nullable=True, comment='number in the printed code of somebody without e-mail'))
    op.add_column('invitee', sa.Column('bounced', sa.Boolean(), nullable=False, server_default=sa.false(), comment='mail does not arrive; nothing more is sent'))
    op.create_index('uq_invitee_wave_id_card', 'invitee', ['wave_id', 'card'], unique=True)
    op.create_table('mail_stop',
    sa.Column('address_hash', sa.String(length=64), nullable=False, comment='HMAC of the address; its key lies in the key folder'),
    sa.PrimaryKeyConstraint('address_hash', name=op.f('pk_mail_stop')),
    sqlite_with_rowid=False
    )
    op.create_table('mailing',
    sa.Column('id', sa.Integer(), nullable=False),
    sa.Column('wave_id', sa.Integer(), nullable=False),
    sa.Column('is_reminder', sa.Boolean(), nullable=False),
    sa.Column('audience', sa.JSON(), nullable=False, comment='{attribute: [band]}: only these people; empty: all'),
    sa.Column('due_at', sa.DateTime(timezone=True), nullable=False, comment='when it is sent, or tried again'),
    sa.Column('begun_at', sa.DateTime(timezone=True), nullable=True, comment='its messages have been laid out'),
    sa.Column('passes', sa.Integer(), nullable=False, comment='times it was tried again for those told to wait'),
    sa.Column('done_at', sa.DateTime(timezone=True), nullable=True),
    sa.Column('created_by', sa.Integer(), nullable=True),
    sa.ForeignKeyConstraint(['created_by'], ['account.id'], name=op.f('fk_mailing_created_by_account')),
    sa.ForeignKeyConstraint(['wave_id'], ['wave.id'], name=op.f('fk_mailing_wave_id_wave'), ondelete='CASCADE'),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_mailing'))
    )
    op.create_index(op.f('ix_mailing_wave_id'), 'mailing', ['wave_id'], unique=False)
    op.create_table('message',
    sa.Column('invitee_id', sa.String(length=32), nullable=False),
    sa.Column('round', sa.Integer(), autoincrement=False, nullable=False, comment='0 invitation, 1 and 2 reminders'),
    sa.Column('mailing_id', sa.Integer(), nullable=False),
    sa.Column('state', sa.Enum('waiting', 'sending', 'sent', 'refused', name='messagestate', native_enum=False, length=20), nullable=False),
    sa.Column('tries', sa.Integer(), nullable=False, comment='times the server asked to come back later'),
    sa.CheckConstraint('round BETWEEN 0 AND 2', name=op.f('ck_message_round')),
    sa.ForeignKeyConstraint(['invitee_id'], ['invitee.id'], name=op.f('fk_message_invitee_id_invitee'), ondelete='CASCADE'),
    sa.ForeignKeyConstraint(['mailing_id'], ['mailing.id'], name=op.f('fk_message_mailing_id_mailing'), ondelete='CASCADE'),
    sa.PrimaryKeyConstraint('invitee_id', 'round', name=op.f('pk_message')),
    sqlite_with_rowid=False
    )
    op.create_index('ix_message_mailing_state', 'message', ['mailing_id', 'state'], unique=False)
    _make_triggers()


def downgrade() -> None:
    """Take the schema back."""
    is_postgresql = op.get_bind().dialect.name == 'postgresql'
    for name, (_event, table, _condition) in TRIGGERS.items():
        op.execute(f'DROP TRIGGER frozen_{name}' + (f' ON {table}' if is_postgresql else ''))
    if is_postgresql:
        op.execute('DROP FUNCTION refuse_frozen()')
    op.drop_table('message')
    op.drop_table('mailing')
    op.drop_table('mail_stop')
    op.drop_index('uq_invitee_wave_id_card', 'invitee')
    for table, columns in {
        'invitee': ['bounced', 'card'],
        'wave': ['closes_at', 'opens_at', 'signed_off_by', 'n_cards', 'progress', 'plan', 'texts', 'audience', 'groups'],
        'item': ['revision'],
        'questionnaire': ['frozen_at', 'revision'],
    }.items():
        for column in columns:
            op.drop_column(table, column)


def _make_triggers() -> None:
    """Let the database itself refuse a change of what was asked."""
    is_postgresql = op.get_bind().dialect.name == 'postgresql'
    if not is_postgresql:
        for name, (event, table, condition) in TRIGGERS.items():
            op.execute(
                f'CREATE TRIGGER frozen_{name} BEFORE {event} ON {table} WHEN {condition} '
                f"BEGIN SELECT RAISE(ABORT, '{MESSAGE}'); END"
            )
        return
    # PostgreSQL allows no query in WHEN, so the function asks.
    op.execute(
        'CREATE FUNCTION refuse_frozen() RETURNS trigger LANGUAGE plpgsql AS $$ DECLARE frozen boolean; BEGIN '
        "IF TG_TABLE_NAME = 'questionnaire' THEN frozen := OLD.frozen_at IS NOT NULL; "
        "ELSIF TG_OP = 'INSERT' THEN "
        f'frozen := EXISTS (SELECT 1 FROM questionnaire WHERE id = NEW.questionnaire_id AND {FROZEN}); '
        "ELSIF TG_OP = 'DELETE' THEN "
        f'frozen := EXISTS (SELECT 1 FROM questionnaire WHERE id = OLD.questionnaire_id AND {FROZEN}); '
        'ELSE '
        f'frozen := EXISTS (SELECT 1 FROM questionnaire WHERE id IN (OLD.questionnaire_id, NEW.questionnaire_id) AND {FROZEN}); '
        'END IF; '
        f"IF frozen THEN RAISE EXCEPTION '{MESSAGE}' USING ERRCODE = 'check_violation'; END IF; "
        "IF TG_OP = 'DELETE' THEN RETURN OLD; END IF; RETURN NEW; END $$"
    )
    for name, (event, table, _condition) in TRIGGERS.items():
        op.execute(
            f'CREATE TRIGGER frozen_{name} BEFORE {event} ON {table} FOR EACH ROW EXECUTE FUNCTION refuse_frozen()'
        )
