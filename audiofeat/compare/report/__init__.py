"""A comparison as one page that needs nothing but itself."""

from audiofeat.compare.report.page import write_report

__all__ = ["write_report"]
