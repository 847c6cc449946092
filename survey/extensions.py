"""The Flask extensions of the main application, made once and bound to an app by the factory."""

from flask_babel import Babel
from flask_bootstrap import Bootstrap5
from flask_limiter import Limiter
from flask_limiter.util import get_remote_address
from flask_security import MailUtil, Security
from flask_sqlalchemy_lite import SQLAlchemy
from flask_wtf import CSRFProtect


class _OwnMail(MailUtil):
    """Lets Flask-Security send through the same mail server as everything else."""

    def send_mail(
        self,
        template: str,  # noqa: ARG002 - the signature of the base class
        subject: str,
        recipient: str | tuple[str, str],
        sender: object,  # noqa: ARG002 - ours stands in the settings
        body: str | None,
        html: str | None,  # noqa: ARG002 - plain text is enough
        **kwargs: object,  # noqa: ARG002
    ) -> None:
        """Send one mail."""
        from survey.mail import Letter
        from survey.web.security import send_now

        to = recipient if isinstance(recipient, str) else recipient[1]
        send_now(Letter(to, subject, body or ""))


db = SQLAlchemy()
csrf = CSRFProtect()
babel = Babel()
bootstrap = Bootstrap5()
security = Security(mail_util_cls=_OwnMail)
limiter = Limiter(get_remote_address, storage_uri="memory://")
