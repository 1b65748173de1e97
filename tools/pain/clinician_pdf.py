"""The clinician's page as a PDF of one A4 page, by reportlab."""

from __future__ import annotations

import io
from xml.sax.saxutils import escape

from reportlab.lib.pagesizes import A4
from reportlab.lib.styles import ParagraphStyle
from reportlab.lib.units import mm
from reportlab.platypus import KeepInFrame, Paragraph, SimpleDocTemplate, Spacer

from tools.pain.clinician_summary import ClinicianSummary

_MARGIN = 18 * mm
_TITLE = ParagraphStyle("title", fontName="Helvetica-Bold", fontSize=15, leading=19, spaceAfter=2 * mm)
_NOTICE = ParagraphStyle("notice", fontName="Helvetica-Oblique", fontSize=8.5, leading=11, textColor="#555555")
_HEADING = ParagraphStyle("heading", fontName="Helvetica-Bold", fontSize=11, leading=14, spaceBefore=4 * mm)
_LINE = ParagraphStyle("line", fontName="Helvetica", fontSize=9.5, leading=12.5, leftIndent=4 * mm, bulletIndent=1 * mm)


def summary_pdf(summary: ClinicianSummary) -> bytes:
    """The page; text that does not fit is set smaller. Letters beyond Western European ones become question marks."""
    story = [Paragraph(_text(summary.title), _TITLE), Paragraph(_text(summary.notice), _NOTICE)]
    for section in summary.sections:
        story.append(Paragraph(_text(section.heading), _HEADING))
        story += [Paragraph(_text(line), _LINE, bulletText="\u2022") for line in section.lines]
    width, height = A4[0] - 2 * _MARGIN, A4[1] - 2 * _MARGIN
    out = io.BytesIO()
    page = SimpleDocTemplate(
        out,
        pagesize=A4,
        leftMargin=_MARGIN,
        rightMargin=_MARGIN,
        topMargin=_MARGIN,
        bottomMargin=_MARGIN,
        title=summary.title,
        author="Planloom",
        invariant=1,
    )
    page.build([KeepInFrame(width - 12, height - 12, [*story, Spacer(1, 1)], mode="shrink")])
    return out.getvalue()


def _text(text: str) -> str:
    """As reportlab's paragraphs take it: no markup, and only letters that its standard fonts have."""
    plain = text.replace("\u2212", "-").encode("cp1252", errors="replace").decode("cp1252")
    return escape(plain)
