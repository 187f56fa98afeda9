"""A report as a one-page PDF. The same report gives the same bytes: storing it twice changes nothing."""

import io
import textwrap
from collections.abc import Sequence

import pydyf

from src.types import DailyClose, Report

_WIDTH, _HEIGHT, _MARGIN = 595, 842, 56  # A4 in points
_CHART_BOTTOM, _CHART_HEIGHT = 400, 220
_TEAL = (0.05, 0.45, 0.5)


def render(report: Report) -> bytes:
    """The PDF of a report."""
    page = pydyf.Stream(compress=True)
    _heading(page, report)
    _chart(page, report.series)
    _table(page, report)
    return _document(page, f"{report.quote.instrument.ticker} {report.as_of.isoformat()}")


def _heading(page: pydyf.Stream, report: Report) -> None:
    instrument = report.quote.instrument
    _text(page, _MARGIN, 770, 22, f"{instrument.name} ({instrument.ticker})")
    _text(page, _MARGIN, 748, 10, f"{instrument.exchange} / {instrument.sector} / {report.as_of.isoformat()}")
    _text(page, _MARGIN, 706, 28, f"{report.quote.price:.2f}")
    _text(page, _MARGIN + 130, 706, 14, f"{report.quote.change_percent:+.2f}%")
    for index, line in enumerate(textwrap.wrap(report.summary, 92)):
        _text(page, _MARGIN, 670 - 15 * index, 11, line)


def _chart(page: pydyf.Stream, series: Sequence[DailyClose]) -> None:
    closes = [point.close for point in series]
    low, high = min(closes), max(closes)
    across = (_WIDTH - 2 * _MARGIN) / (len(closes) - 1)
    up = _CHART_HEIGHT / ((high - low) or 1)
    page.set_color_rgb(0.85, 0.85, 0.85, stroke=True)
    page.rectangle(_MARGIN, _CHART_BOTTOM, _WIDTH - 2 * _MARGIN, _CHART_HEIGHT)
    page.stroke()
    page.set_color_rgb(*_TEAL, stroke=True)
    page.set_line_width(1.5)
    for index, close in enumerate(closes):
        x, y = round(_MARGIN + index * across, 2), round(_CHART_BOTTOM + (close - low) * up, 2)
        if index:
            page.line_to(x, y)
        else:
            page.move_to(x, y)
    page.stroke()
    _text(page, _MARGIN, _CHART_BOTTOM - 14, 9, f"{series[0].date.isoformat()}: {closes[0]:.2f}")
    _text(
        page, _WIDTH - _MARGIN - 90, _CHART_BOTTOM - 14, 9, f"{series[-1].date.isoformat()}: {closes[-1]:.2f}"
    )


def _table(page: pydyf.Stream, report: Report) -> None:
    values = report.indicators
    rows = (
        ("20-day average", f"{values.sma_20:.2f}"),
        ("50-day average", f"{values.sma_50:.2f}"),
        ("RSI, 14 days", f"{values.rsi_14:.1f}"),
        ("Volatility, a year", f"{values.volatility_percent:.1f}%"),
        ("90-day high", f"{values.high_90:.2f}"),
        ("90-day low", f"{values.low_90:.2f}"),
    )
    for index, (label, value) in enumerate(rows):
        _text(page, _MARGIN, 346 - 20 * index, 11, label)
        _text(page, _MARGIN + 200, 346 - 20 * index, 11, value)
    _text(page, _MARGIN, 60, 8, "Sample data for demonstration. Not investment advice.")


def _text(page: pydyf.Stream, x: float, y: float, size: int, text: str) -> None:
    page.begin_text()
    page.set_color_rgb(0.1, 0.1, 0.12)
    page.set_font_size("F1", size)
    page.set_text_matrix(1, 0, 0, 1, x, y)
    # Helvetica with WinAnsiEncoding: bytes of cp1252, what it lacks shown as a question mark
    page.show_text(b"<" + text.encode("cp1252", "replace").hex().encode() + b">")
    page.end_text()


def _document(page: pydyf.Stream, title: str) -> bytes:
    pdf = pydyf.PDF()
    font = pydyf.Dictionary(
        {"Type": "/Font", "Subtype": "/Type1", "BaseFont": "/Helvetica", "Encoding": "/WinAnsiEncoding"}
    )
    pdf.add_object(font)
    pdf.add_object(page)
    pdf.add_page(
        pydyf.Dictionary(
            {
                "Type": "/Page",
                "Parent": pdf.pages.reference,
                "MediaBox": pydyf.Array([0, 0, _WIDTH, _HEIGHT]),
                "Contents": page.reference,
                "Resources": pydyf.Dictionary({"Font": pydyf.Dictionary({"F1": font.reference})}),
            }
        )
    )
    pdf.info["Title"] = pydyf.String(title)
    output = io.BytesIO()
    pdf.write(output)
    return output.getvalue()
