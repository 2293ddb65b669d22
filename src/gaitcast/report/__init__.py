"""One self-contained HTML page per study."""

from gaitcast.report.page import write_report

__all__ = ["write_report"]
