"""Errors of the application, in families that web and API map to a status once. No HTTP words, no answers.

A message is a sentence for the person at the screen and names what to do.
"""


class SurveyError(Exception):
    """Root of all errors raised by :mod:`survey`."""

    message = "Something went wrong."

    def __init__(self, message: str | None = None) -> None:
        super().__init__(message or self.message)

    def __str__(self) -> str:
        return str(self.args[0])


class NotFoundError(SurveyError):
    """The thing asked for does not exist, or not for this person."""

    message = "We could not find that."


class StateError(SurveyError):
    """The thing exists, but its state does not allow this."""

    message = "That is not possible in the present state."


class InvalidInputError(SurveyError):
    """What was given cannot be used; the message names where and what to do."""

    message = "That input cannot be used."


class ConflictError(SurveyError):
    """Somebody or something else was there first."""

    message = "Somebody else has changed this in the meantime. Go back, reload the page and try again."


class PermissionDeniedError(SurveyError):
    """This person may not do that."""

    message = "Your role does not allow this. If it should, ask your administrator for another role."


class TooManyGuessesError(SurveyError):
    """Somebody nearby tries survey links that were never made."""

    message = "Too many unknown links. Wait a minute and try again."


class TokenSpentError(ConflictError):
    """The survey link has been used; the answers are in and nothing more can be sent with it."""

    message = "This link has already been used."


class WaveNotOpenError(StateError):
    """The wave does not take answers (not open yet, or closed)."""

    message = "This survey is not open."


class WaveClosedError(WaveNotOpenError):
    """The wave took answers and does so no longer."""

    message = "This survey is closed."


class LinkExpiredError(StateError):
    """The link was made for somebody and its time is over."""

    message = "This link has expired. Ask for a new one."


class ScoringStoppedError(StateError):
    """Those who score for us stopped in the middle; nothing was written."""

    message = "A process that scored was ended from outside, perhaps for want of memory. Run it again."


class JobPutBackError(SurveyError):
    """The job was put back so that another has a turn; whoever claims it next goes on from its cursor."""

    message = "The job waits while another has a turn."


class JobCancelledError(SurveyError):
    """The running job was cancelled or taken over; its worker must stop without another effect."""

    message = "The job was cancelled."
