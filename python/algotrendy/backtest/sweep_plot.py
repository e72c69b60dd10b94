"""Charts of sweeps."""

from typing import TYPE_CHECKING, Any

import plotly.graph_objects as go

if TYPE_CHECKING:
    from algotrendy.backtest.sweep_result import SweepResult


def plot_sweep(result: "SweepResult", by: str, *, smaller_is_better: bool) -> go.Figure:
    """Return a line over one parameter, or a map over the first two; of others the best value."""
    first, *others = result.parameters[:2]
    choose = min if smaller_is_better else max
    values: dict[tuple[Any, ...], float] = {}
    for row in result:
        if row[by] is None:
            continue
        place = tuple(row[name] for name in (first, *others))
        value = float(row[by])
        values[place] = choose(values.get(place, value), value)
    shown = by.replace("_", " ")
    across = sorted({place[0] for place in values})
    if not others:
        trace = go.Scatter(x=across, y=[values[(each,)] for each in across], mode="lines+markers")
        figure = go.Figure(trace)
        figure.update_yaxes(title=shown)
    else:
        up = sorted({place[1] for place in values})
        cells = [[values.get((x, y)) for x in across] for y in up]
        trace = go.Heatmap(x=across, y=up, z=cells, colorbar={"title": shown})
        figure = go.Figure(trace)
        figure.update_yaxes(title=others[0])
    figure.update_xaxes(title=first)
    figure.update_layout(title=f"{shown} of {len(result):,} combinations")
    return figure
