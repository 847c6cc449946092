"""A report as one HTML file that a person can read, print and mail: no script, no network, nothing beside it."""

from __future__ import annotations

import base64
import hashlib
from collections.abc import Mapping
from typing import Any, cast

from babel import Locale
from babel.numbers import format_decimal
from jinja2 import Environment, FileSystemLoader, StrictUndefined
from markupsafe import Markup

from survey import __version__, config
from survey.texts import unbroken
from survey.worker.charts import draw
from survey.worker.drawing import between, percent
from survey.worker.wording import Wording

STYLE_SHEETS = ("colours.css", "report.css", "scroll.css")


def render_report(report: Mapping[str, Any]) -> str:
    """Write a report as a page; the same report gives the same text.

    Parameters
    ----------
    report : mapping
        What :meth:`analysis.report.Report.to_dict` returns. All its words are escaped.
    """
    style = "".join((config.STATIC / name).read_text(encoding="utf-8") for name in STYLE_SHEETS)
    personas = sorted(report["personas"], key=lambda persona: -persona["size"])
    charts = draw(report)
    wording = Wording(report["language"])
    similarity = {frozenset((pair["a"], pair["b"])): pair["similarity"] for pair in report["neighbours"]}
    return (
        _environment(wording)
        .get_template("report/report.html")
        .render(
            report=report,
            personas=personas,
            charts=charts,
            drawings={chart.name: Markup(chart.svg) for chart in charts},  # noqa: S704 - our own drawing
            keys={persona["name"]: persona["key"] for persona in personas},
            similarity=lambda a, b: similarity.get(frozenset((a["key"], b["key"]))),
            n_unplaced=report["n_used"] - sum(persona["size"] for persona in personas),
            wording=wording,
            language=Locale(wording.language).languages.get(report["language"], report["language"]),
            style=Markup(style),  # noqa: S704 - our own file
            style_hash=base64.b64encode(hashlib.sha256(style.encode()).digest()).decode(),
            version=__version__,
        )
    )


def _environment(wording: Wording) -> Environment:
    environment = Environment(
        autoescape=True,
        extensions=["jinja2.ext.i18n"],
        loader=FileSystemLoader(config.template_folder()),
        lstrip_blocks=True,
        trim_blocks=True,
        undefined=StrictUndefined,
    )
    # The extension adds this method when it is loaded.
    cast(Any, environment).install_gettext_callables(wording.gettext, wording.ngettext, newstyle=True)
    environment.filters.update(
        percent=percent,
        between=between,
        unbroken=unbroken,
        decimal=lambda number: format_decimal(number, "0.00;−0.00", wording.language),
    )
    return environment
