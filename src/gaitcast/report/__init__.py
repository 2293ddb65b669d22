"""One self-contained HTML page per study; ``paper`` draws figures for papers."""

from gaitcast.report.page import write_report

__all__ = ["write_report"]
