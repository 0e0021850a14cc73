"""Invented values for the gallery: a form of every kind of field, a chart of every kind."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from types import SimpleNamespace
from typing import Any

from django import forms
from django.contrib.messages import constants
from django.contrib.messages.storage.base import Message

from ecrm.ui import charts, formats
from ecrm.ui.pages import Page


class SampleForm(forms.Form):
    name = forms.CharField(label="Segment name", help_text="Used in links and exports")
    address = forms.EmailField(label="Sender address")
    operator = forms.ChoiceField(label="Operator", choices=[("any", "is any of"), ("none", "is none of")])
    note = forms.CharField(label="Note", required=False, widget=forms.Textarea)
    password = forms.CharField(label="Password", widget=forms.PasswordInput)
    is_signed = forms.BooleanField(label="Lawful basis checked", help_text="Needed before you import")
    kinds = forms.MultipleChoiceField(
        label="Kinds", choices=[("a", "Newsletter"), ("b", "Offers")], widget=forms.CheckboxSelectMultiple
    )
    start = forms.ChoiceField(
        label="Start", choices=[("now", "Send now"), ("later", "Schedule")], widget=forms.RadioSelect
    )
    file = forms.FileField(label="File", required=False)


def sample_charts(side: str = "") -> dict[str, Any]:
    """Charts by name. ``side`` keeps their ids apart when a page shows them twice."""
    weeks = ["18 Dec", "25 Dec", "1 Jan", "8 Jan", "15 Jan", "22 Jan", "29 Jan", "5 Feb"]
    return {
        "revenue": charts.Plot(
            key=f"revenue{side}",
            labels=weeks,
            series=[
                charts.Series("This period", [1160000, 1290000, 1030000, 1380000, 1490000, 1370000, 1590000, 2192000]),
                charts.Series(
                    "Before", [1010000, 970000, 1100000, 1220000, 1180000, 1340000, 1290000, 1480000], "prev"
                ),
            ],
            summary="Weekly revenue rose from €11,600 to €21,920",
            heading="Week of",
            write=lambda v: formats.money(int(v), "EUR", whole=True),
            write_axis=lambda v: formats.axis_money(int(v), "EUR"),
        ),
        "cases": charts.Plot(
            key=f"cases{side}",
            labels=["Thu", "Fri", "Sat", "Sun", "Mon", "Tue", "Wed"],
            series=[
                charts.Series("Opened", [38, 42, 22, 14, 47, 52, 31]),
                charts.Series("Solved", [30, 44, 30, 18, 36, 49, 35], "two"),
            ],
            summary="246 opened and 242 solved in seven days",
            heading="Day",
            kind="bars",
            tick_count=2,
        ),
        "markets": charts.BarList(
            [charts.Bar("Portugal", 71310, "+9%", "good"), charts.Bar("France", 21066, "−6%", "bad")]
        ),
        "funnel": charts.Funnel(
            [charts.Step("Delivered", 17744), charts.Step("Clicked", 1419), charts.Step("Ordered", 201)]
        ),
        "progress": charts.SplitBar(
            [
                charts.Slice("Delivered", 17744, "good"),
                charts.Slice("Deferred", 256, "warn"),
                charts.Slice("Bounced", 232, "bad"),
            ],
            whole=28110,
            rest_label="Waiting",
        ),
        "spark": charts.Sparkline("Orders, 8 weeks", [3, 5, 4, 7, 6, 9, 8, 12]),
    }


def samples(side: str) -> dict[str, Any]:
    """What a specimen sees; ``side`` tells the two drawings of a page apart."""
    return {
        "side": side,
        "charts": sample_charts(side),
        "form": SampleForm(prefix=f"form{side}"),
        "failed": SampleForm({f"failed{side}-address": "ola@verdelume"}, prefix=f"failed{side}"),
        "short_form": _short_form(side),
        "page": Page([], "next", None),
        "at": datetime(2026, 3, 12, 14, 5, tzinfo=UTC),
        "late": timedelta(minutes=-125),
        "soon": timedelta(minutes=38),
        "later": timedelta(hours=30),
        "job": SimpleNamespace(url="#job", title="Sending Spring refill", percent=65),
        "uncounted": SimpleNamespace(url="#job", title="Importing people.csv", percent=None),
        "facts": [("Email", "ines.prata@correio.example"), ("Birthday", "")],
        "crumbs": [("Contacts", "#crumbs"), ("Inês Carvalhal Prata", "#crumbs")],
        "heads": [SimpleNamespace(url="#sort", direction=way) for way in ("ascending", "descending", "")],
        "tabs": _tabs(),
        **{f"{kind}_label": f"{kind.capitalize()} {side}" for kind in ("tabs", "pages", "crumbs")},
        "messages": [
            Message(constants.SUCCESS, "3 contacts added to Lapsed VIPs"),
            Message(constants.ERROR, "The segment is in use"),
        ],
        "offers": [
            Message(constants.SUCCESS, "Moinho Novo is saved.", "act=%23toasts=Bring%20them%20in"),
            Message(constants.SUCCESS, "Moinho Novo is in the bin.", "undo=%23toasts"),
        ],
        **{f"{kind}_id": f"{kind}{side}" for kind in ("confirm", "dialog", "menu", "field")},
    }


def _tabs() -> list[SimpleNamespace]:
    return [
        SimpleNamespace(label="All contacts", url="#tabs", is_current=True, count=37, is_hot=False),
        SimpleNamespace(label="Blocked", url="#tabs", is_current=False, count=2, is_hot=True),
        SimpleNamespace(label="Empty", url="#tabs", is_current=False, count=None, is_hot=False),
    ]


def _short_form(side: str) -> SampleForm:
    form = SampleForm(prefix=f"short{side}")
    form.fields = {name: form.fields[name] for name in ("address", "password")}
    return form
