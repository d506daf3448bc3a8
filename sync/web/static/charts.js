"use strict";
// Draws each figure of the page in the page's own colours, and again when these change.
(() => {
  const places = document.querySelectorAll("[data-chart]");
  const probe = document.body.appendChild(document.createElement("i")); // takes on colours, to be read
  probe.hidden = true;

  function look(layout, many) {
    const read = (name) => {
      probe.style.color = `var(${name})`;
      return getComputedStyle(probe).color;
    };
    const axis = { color: read("--soft"), gridcolor: read("--line"), linecolor: read("--line"), zeroline: false };
    return {
      ...layout,
      autosize: true,
      paper_bgcolor: "rgba(0,0,0,0)",
      plot_bgcolor: "rgba(0,0,0,0)",
      colorway: !many ? [read("--accent")] : [1, 2, 3, 4, 5, 6, 7, 8].map((number) => read(`--s${number}`)),
      font: { family: getComputedStyle(document.body).fontFamily, size: 12, color: read("--soft") },
      margin: { l: 48, r: 8, t: 8, b: 36 },
      legend: { orientation: "h", x: 0, y: 1.02, yanchor: "bottom" },
      hoverlabel: { bgcolor: read("--surface"), bordercolor: read("--line"), font: { color: read("--ink") } },
      xaxis: { ...axis, showgrid: false, tickangle: 0, ...layout.xaxis },
      yaxis: { ...axis, ...layout.yaxis },
    };
  }

  function draw() {
    for (const place of places) {
      const figure = JSON.parse(place.querySelector("script").textContent);
      place.hidden = false;
      let drawing = place.querySelector(".drawing");
      if (!drawing) {
        drawing = document.createElement("div");
        drawing.className = "drawing";
        place.append(drawing);
      }
      Plotly.react(drawing, figure.data, look(figure.layout, figure.data.length > 1), { displayModeBar: false, responsive: true });
    }
  }

  draw();
  matchMedia("(prefers-color-scheme: dark)").addEventListener("change", draw);
})();
