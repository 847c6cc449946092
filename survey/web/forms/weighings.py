"""Forms of weighings."""

from __future__ import annotations

from flask_babel import lazy_gettext as _l
from flask_wtf import FlaskForm
from wtforms import IntegerField
from wtforms.validators import InputRequired, NumberRange

from survey.domain.weighings import WHOLE


def _weight() -> IntegerField:
    message = _l("Write a whole number from 0 to %(whole)s.", whole=WHOLE)
    return IntegerField(validators=[InputRequired(message), NumberRange(0, WHOLE, message)])


class WeightsForm(FlaskForm):
    """How the three facets count; the traits beside them depend on the persona."""

    who = _weight()
    skills = _weight()
    why = _weight()
