"""Charts: every figure of the picture also stands in text, and nothing is styled inline."""

from __future__ import annotations

import re

import pytest
from django.template import Context, Template
from django.utils import translation

from ecrm.ui import charts
from ecrm.ui.charts.geometry import ceiling, spread
from tests.ui.gallery import sample_charts


def draw(chart: object) -> str:
    return Template("{% chart drawing %}").render(Context({"drawing": chart}))


@pytest.mark.parametrize("name", ["revenue", "cases"])
def test_a_plot_has_a_table_with_all_its_values(name: str) -> None:
    plot = sample_charts()[name]
    html = draw(plot)
    table = html.split("<table")[1]
    for index, label in enumerate(plot.labels):
        assert f'<th scope="row">{label}</th>' in table
        for series in plot.series:
            assert plot.write(series.values[index]) in table
    assert str(plot.summary) in html.split("<table")[0]


@pytest.mark.parametrize("name", sorted(sample_charts()))
@pytest.mark.parametrize("language", ["en", "pl"])
def test_no_chart_carries_style_or_a_decimal_comma(name: str, language: str) -> None:
    with translation.override(language):
        html = draw(sample_charts()[name])
    assert "style=" not in html
    numbers = re.findall(r'\b(?:x|y|x1|x2|y1|y2|cx|cy|width|height)="([^"]+)"', html)
    assert numbers
    assert all(re.fullmatch(r"-?\d+(\.\d+)?%?", number) for number in numbers)


def test_bars_and_funnel_say_their_figures_beside_the_picture() -> None:
    samples = sample_charts()
    assert "71,310" in draw(samples["markets"])
    funnel = draw(samples["funnel"])
    assert "17,744" in funnel
    assert "8.0% of previous" in funnel


def test_a_split_bar_reads_out_what_is_left() -> None:
    html = draw(sample_charts()["progress"])
    assert "Waiting 35.1%" in html
    assert "9,878" in html


def test_a_plot_of_nothing_says_so_instead_of_drawing() -> None:
    empty = charts.Plot(key="e", labels=["a"], series=[charts.Series("s", [0])], summary="", heading="")
    html = draw(empty)
    assert "<svg" not in html
    assert "Not enough data" in html


@pytest.mark.parametrize(
    ("highest", "ticks", "top"), [(21920, 4, 24000), (52, 2, 60), (3, 4, 4), (0, 4, 4), (0.4, 4, 4)]
)
def test_an_axis_ends_on_a_round_figure_above_the_highest(highest: float, ticks: int, top: float) -> None:
    assert ceiling(highest, ticks, is_whole=True) == top


def test_labels_keep_both_ends_when_there_are_too_many() -> None:
    chosen = spread(53, 6)
    assert (chosen[0], chosen[-1], len(chosen)) == (0, 52, 6)
    assert spread(3, 6) == [0, 1, 2]


def test_a_flat_line_and_a_single_point_can_be_drawn() -> None:
    assert "50" in draw(charts.Sparkline("flat", [4, 4]))
    assert draw(charts.Sparkline("one", [4]))
