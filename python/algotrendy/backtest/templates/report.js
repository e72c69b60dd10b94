// Draws every chart in the page's own colours, again when the system changes between light and dark.
const charts = JSON.parse(document.getElementById("charts").textContent);

function color(name) {
  return getComputedStyle(document.documentElement).getPropertyValue(`--${name}`).trim();
}

function isShare(chart) {
  return chart.kind === "drawdown" || chart.kind === "exposure";
}

function lineTrace(chart, line, index) {
  const main = index === 0;
  const percent = isShare(chart);
  return {
    type: "scatter",
    mode: "lines",
    name: line.name,
    x: line.time,
    y: line.value,
    line: { color: main ? color(chart.kind === "price" ? "soft" : "accent") : color(`line-${((index - 1) % 4) + 1}`), width: main && chart.kind !== "price" ? 1.8 : 1.1, shape: chart.kind === "exposure" ? "hv" : "linear" },
    fill: percent && main ? "tozeroy" : "none",
    fillcolor: color("area"),
    hovertemplate: percent ? "%{y:.2%}" : "%{y:,.2f}",
  };
}

function markerTrace(chart, side) {
  const buys = side === "BUY";
  const { time, value, text } = chart.markers[side];
  return {
    type: "scatter",
    mode: "markers",
    name: buys ? "Buy" : "Sell",
    x: time,
    y: value,
    text,
    marker: { symbol: buys ? "triangle-up" : "triangle-down", size: 9, color: color(buys ? "gain" : "loss"), line: { width: 0.8, color: color("paper") } },
    hovertemplate: "%{text}",
  };
}

function axis(extra) {
  return { gridcolor: color("grid"), linecolor: color("rule"), zeroline: false, tickfont: { size: 12, color: color("soft") }, fixedrange: true, ...extra };
}

function layout(chart, narrow) {
  const share = isShare(chart);
  const legend = chart.kind === "equity" || (chart.kind === "exposure" && chart.lines.length > 1);
  const time = chart.lines[0].time;
  const first = time[0];
  const last = time[time.length - 1];
  return {
    margin: { l: 2, r: 46, t: legend ? 30 : 8, b: 26 },
    paper_bgcolor: "rgba(0,0,0,0)",
    plot_bgcolor: "rgba(0,0,0,0)",
    font: { family: color("sans"), size: 12, color: color("ink") },
    showlegend: legend,
    legend: { orientation: "h", x: 0, y: 1, yanchor: "bottom", xanchor: "left", font: { size: 12.5, color: color("ink") }, bgcolor: "rgba(0,0,0,0)" },
    hovermode: "x unified",
    hoverlabel: { bgcolor: color("paper"), bordercolor: color("rule"), font: { size: 12, color: color("ink"), family: color("sans") } },
    xaxis: axis({ range: [first, last], showgrid: false, nticks: narrow ? 5 : 10, showspikes: true, spikemode: "across", spikethickness: 1, spikedash: "solid", spikecolor: color("rule"), hoverformat: "%d %b %Y" }),
    yaxis: axis({ tickformat: share ? ".0%" : ",.3~s", nticks: 6, side: "right", rangemode: share ? "tozero" : "normal" }),
  };
}

function draw() {
  const narrow = window.innerWidth < 640;
  for (const chart of charts) {
    const traces = chart.lines.map((line, index) => lineTrace(chart, line, index));
    if (chart.markers) traces.push(markerTrace(chart, "BUY"), markerTrace(chart, "SELL"));
    // Drawn last lies on top: the strategy's own line.
    if (!chart.markers) traces.reverse();
    const plot = layout(chart, narrow);
    plot.legend.traceorder = "reversed";
    Plotly.react(chart.id, traces, plot, { displayModeBar: false, responsive: true });
  }
}

draw();
window.matchMedia("(prefers-color-scheme: dark)").addEventListener("change", draw);
