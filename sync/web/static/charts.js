"use strict";
// Draws each figure of the page in the page's own colours, and again when these change.
(() => {
  const places = document.querySelectorAll("[data-chart]");
  const probe = document.body.appendChild(document.createElement("i")); // takes on colours, to be read
  probe.hidden = true;
  const NAMED = /^--(s[1-8]|accent|soft|ink)(\/soft)?$/;

  function read(name) {
    const [colour, soft] = name.split("/");
    probe.style.color = `var(${colour})`;
    const found = getComputedStyle(probe).color;
    return soft ? found.replace("rgb(", "rgba(").replace(")", ", 0.34)") : found;
  }

  // Puts the page's colours in where a figure names them.
  function painted(value) {
    if (Array.isArray(value)) return value.map(painted);
    if (typeof value === "string") return NAMED.test(value) ? read(value) : value;
    if (value === null || typeof value !== "object") return value;
    return Object.fromEntries(Object.entries(value).map(([key, part]) => [key, painted(part)]));
  }

  function look(layout, many) {
    const axis = { color: read("--soft"), gridcolor: read("--line"), linecolor: read("--line"), zeroline: false };
    return {
      ...layout,
      autosize: true,
      paper_bgcolor: read("--surface"), // of which labels have their halo
      plot_bgcolor: "rgba(0,0,0,0)",
      colorway: !many ? [read("--accent")] : [1, 2, 3, 4, 5, 6, 7, 8].map((number) => read(`--s${number}`)),
      font: { family: getComputedStyle(document.body).fontFamily, size: 12, color: read("--soft") },
      margin: { l: 48, r: 18, t: 8, b: 36, ...layout.margin },
      legend: { orientation: "h", x: 0, y: 1.02, yanchor: "bottom" },
      hoverlabel: { bgcolor: read("--surface"), bordercolor: read("--line"), font: { color: read("--ink") } },
      xaxis: { ...axis, showgrid: false, tickangle: 0, ...layout.xaxis },
      yaxis: { ...axis, ...layout.yaxis },
    };
  }

  function draw() {
    for (const place of places) {
      const figure = painted(JSON.parse(place.querySelector("script").textContent));
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
