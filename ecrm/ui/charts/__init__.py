"""Charts as SVG from the server: figures in, markup out, with a summary and a table for each.

Lengths are percentages and colours are classes, so a chart fits any width and any theme and
needs neither script nor inline style. Show one with ``{% chart plot %}``.
"""

from ecrm.ui.charts.bars import Bar, BarList, Funnel, Slice, SplitBar, Step
from ecrm.ui.charts.plot import Plot, Series
from ecrm.ui.charts.spark import Sparkline

__all__ = [
    "Bar",
    "BarList",
    "Funnel",
    "Plot",
    "Series",
    "Slice",
    "Sparkline",
    "SplitBar",
    "Step",
]
