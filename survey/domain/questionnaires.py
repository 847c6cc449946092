"""Questionnaires: what is asked. Here lives the default one; answering lives in responses."""

from __future__ import annotations

from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from survey.enums import ItemType
from survey.models import Item, Questionnaire

DEFAULT_NAME = "Who we are and why we stay"

#: Channels by code: the ones stored in answers and read by the analysis never change, their labels may.
CHANNELS = {
    "linkedin": "LinkedIn",
    "friends": "Friends and family",
    "former_colleagues": "Former colleagues",
    "podcasts": "Podcasts",
    "newsletters": "Newsletters and blogs",
    "conferences": "Conferences and trade fairs",
    "meetups": "Local meetups",
    "professional_association": "Professional association or union",
    "github": "GitHub and developer forums",
    "youtube": "YouTube",
    "instagram": "Instagram",
    "facebook": "Facebook",
    "tiktok": "TikTok",
    "local_press": "Local newspaper or radio",
    "job_boards": "Job boards",
    "company_site": "Companies' own websites",
    "reddit": "Reddit",
    "mastodon_bluesky": "Mastodon or Bluesky",
    "university": "University or training college",
    "recruiters": "Recruiters who write to me",
}


def default_questionnaire(session: Session) -> Questionnaire:
    """Return the default questionnaire; the first call adds it."""
    found = session.scalar(select(Questionnaire).where(Questionnaire.name == DEFAULT_NAME))
    if found is not None:
        return found
    questionnaire = Questionnaire(name=DEFAULT_NAME, items=_default_items())
    session.add(questionnaire)
    session.flush()
    return questionnaire


def _default_items() -> list[Item]:
    """Words before ticks, two open-ended items to a page, concrete and positive: people write more."""
    items = [
        _item(
            1,
            "self",
            "How would you describe yourself at work?",
            "At work I am someone who … Five short phrases are plenty, and so are two honest sentences.",
            max_chars=1000,
            heading="You at work",
        ),
        _item(
            1,
            "skills",
            "What are you good at?",
            "What do people come to you for? Tools, crafts and languages count, and so does keeping calm.",
            max_chars=1000,
        ),
        _item(
            2,
            "good_day",
            "Think of a recent day that made you glad to work here. What happened?",
            "Tell it as you would tell a friend. Your own words are what the personas are built from.",
            heading="What makes it good here",
        ),
        _item(
            2,
            "stay",
            "What keeps you here?",
            "Up to three reasons, the most important one first. What would you miss most if you left?",
        ),
        _item(
            3,
            "channels",
            "Where do you really hear about jobs and about work like yours?",
            "Tick those that reached you in the last months, not those that should.",
            options=CHANNELS,
            heading="What reaches you",
        ),
        _item(
            3,
            "content",
            "What was the last thing about work that you read, watched or heard to the end?",
            "What was it, and what held you? If nothing comes to mind: what should an employer show you?",
            max_chars=1000,
        ),
    ]
    for position, item in enumerate(items, start=1):
        item.position = position
    return items


def _item(
    page: int,
    name: str,
    prompt: str,
    help_text: str,
    *,
    max_chars: int = 2000,
    options: dict[str, str] | None = None,
    heading: str = "",
) -> Item:
    texts: dict[str, Any] = {"prompt": prompt, "help": help_text}
    if options:
        texts["options"] = options
    if heading:
        texts["heading"] = heading
    return Item(
        name=name,
        item_type=ItemType.CHOICES if options else ItemType.OPEN,
        page=page,
        max_chars=max_chars,
        texts={"en": texts},
    )
