"""Pictures and pages."""

from footsense.report.hero import session_figure, session_png
from footsense.report.page import report_page
from footsense.report.series import Series, collect

__all__ = ["Series", "collect", "report_page", "session_figure", "session_png"]
