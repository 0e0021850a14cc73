from __future__ import annotations

from django import forms
from django.utils.translation import gettext_lazy as _


class ExportForm(forms.Form):
    format = forms.ChoiceField(
        label=_("Format"),
        choices=[
            ("csv", _("CSV: spreadsheets and other programs")),
            ("xlsx", _("Excel workbook (XLSX)")),
            ("vcf", _("vCard: address books and phones")),
            ("jsonl", _("JSON lines: everything, for programs")),
        ],
        initial="csv",
        widget=forms.RadioSelect,
    )
