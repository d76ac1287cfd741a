"""Pictures and pages."""

import logging

# where the home may not be written to, matplotlib says so on stderr, and does without
logging.getLogger("matplotlib").addHandler(logging.NullHandler())

from footsense.report.hero import session_figure, session_png  # noqa: E402
from footsense.report.page import report_page  # noqa: E402
from footsense.report.series import Series, collect  # noqa: E402

__all__ = ["Series", "collect", "report_page", "session_figure", "session_png"]
