"""Files that a page hands out."""

from __future__ import annotations

from werkzeug.wrappers import Response

XLSX = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"


def download(filename: str, content: bytes, content_type: str = "text/csv; charset=utf-8") -> Response:
    """Answer with a file to keep."""
    answer = Response(content, content_type=content_type)
    answer.headers.set("Content-Disposition", "attachment", filename=filename)
    return answer
