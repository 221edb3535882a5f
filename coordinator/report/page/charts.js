// charts.js - draws the views with Vega. Colours are CSS variables, so that dark, light and print
// need no drawing anew; expressions are interpreted, so that the page may forbid eval.

const views = []; // {name, title, about, make(width)}, in the order of the page
const drawn = new Map(); // name to {view, node}

// A mark of a trial: as it is, or pale when another trial is picked or pointed at.
vega.expressionFunction('fade', (trial, base) => {
  const focus = selection.focus();
  return focus === null ? base : focus === trial ? 1 : base * 0.18;
});
vega.expressionFunction('thick', (trial, base) => (selection.focus() === trial ? base + 1.4 : base));
vega.expressionFunction('above', (trial) => (selection.focus() === trial ? 1 : 0));
vega.expressionFunction('shown', (trial) => selection.shownId(trial));

const chartFont = 'system-ui, sans-serif';
const chartConfig = {
  background: null,
  text: { font: chartFont },
  axis: {
    labelFont: chartFont, titleFont: chartFont,
    labelColor: 'var(--muted)', titleColor: 'var(--ink)', domainColor: 'var(--line)',
    tickColor: 'var(--line)', gridColor: 'var(--grid)', labelFontSize: 12, titleFontSize: 13,
    titleFontWeight: 'normal', titlePadding: 10, labelPadding: 5, labelFlush: true, tickSize: 4,
  },
};

// What every specification begins with. `extra` goes over it.
function specification(width, height, extra) {
  return {
    $schema: 'https://vega.github.io/schema/vega/v5.json',
    width, height, padding: 2, autosize: { type: 'fit', contains: 'padding' },
    ...extra,
    signals: [{ name: 'tick', value: 0 }, ...(extra.signals || [])],
  };
}

const shownTrials = { type: 'filter', expr: 'shown(datum.trial, tick)' };

// Channels that follow the selection.
const linked = (opacity, strokeWidth) => ({
  opacity: { signal: `fade(datum.trial, ${opacity}, tick)` },
  zindex: { signal: 'above(datum.trial, tick)' },
  ...(strokeWidth ? { strokeWidth: { signal: `thick(datum.trial, ${strokeWidth}, tick)` } } : {}),
});

// Symbols of trials in `data` at fields x and y (pixels), shape and colour by verdict.
function trialSymbols(data, size, opacity) {
  return {
    type: 'symbol', name: 'symbols_' + data, from: { data },
    encode: {
      enter: { tooltip: { signal: 'datum' }, cursor: { value: 'pointer' } },
      update: {
        x: { field: 'x' }, y: { field: 'y' }, shape: { field: 'shape' }, fill: { field: 'colour' },
        stroke: { value: 'var(--paper)' }, strokeWidth: { value: 0.6 }, size: { value: size },
        ...linked(opacity),
      },
    },
  };
}

// Paths of trials in `data`, and wider ones that nobody sees below the pointer.
function trialPaths(data, strokeWidth, opacity) {
  const path = { path: { field: 'path' } };
  return [
    {
      type: 'path', name: 'paths_' + data, from: { data }, clip: true, interactive: false,
      encode: {
        update: { ...path, stroke: { field: 'colour' }, strokeDash: { field: 'dash' },
          strokeJoin: { value: 'round' }, ...linked(opacity, strokeWidth) },
      },
    },
    {
      type: 'path', from: { data }, clip: true,
      encode: {
        enter: { tooltip: { signal: 'datum' }, cursor: { value: 'pointer' },
          stroke: { value: 'transparent' }, strokeWidth: { value: 9 } },
        update: path,
      },
    },
  ];
}

// Ticks of a logarithmic axis: powers of ten, and 2 and 5 where there are few of them.
function logTicks(low, high) {
  const decades = Math.log10(high / low);
  const within = decades > 3.5 ? [1] : decades > 1.4 ? [1, 3] : decades > 0.55 ? [1, 2, 3, 5] : [1, 1.2, 1.5, 2, 2.5, 3, 4, 5, 6, 7, 8, 9];
  const ticks = [];
  const skip = Math.max(1, Math.ceil(decades / 8));
  for (let power = Math.floor(Math.log10(low)); power <= Math.ceil(Math.log10(high)); power++)
    for (const factor of within) {
      const tick = Number((factor * 10 ** power).toPrecision(3));
      if (tick >= low * 0.999 && tick <= high * 1.001 && (within.length > 1 || power % skip === 0)) ticks.push(tick);
    }
  return ticks;
}

vega.expressionFunction('rateLabel', (value) => figureRate(value));
vega.expressionFunction('countLabel', (value) => (value >= 1e6 ? figureRate(value / 1e6) + ' M'
  : value >= 1e4 ? figureRate(value / 1e3) + ' k' : figureRate(value)));

const logAxis = (scale, orient, title, low, high) => ({
  scale, orient, title, values: logTicks(low, high), grid: true, labelOverlap: true,
  encode: { labels: { update: { text: { signal: 'rateLabel(datum.value)' } } } },
});

// About five round ticks of a linear axis.
function linearTicks(low, high) {
  const rough = (high - low) / 4, power = 10 ** Math.floor(Math.log10(rough));
  const step = power * [1, 2, 2.5, 5, 10].find((factor) => factor * power >= rough * 0.999);
  const ticks = [];
  for (let i = Math.ceil(low / step - 1e-9); i * step <= high + step * 1e-9; i++) ticks.push(Number((i * step).toPrecision(6)));
  return ticks;
}

// A logarithmic range that holds all of `values`, with room at both ends.
function logRange(values) {
  const sound = values.filter((value) => value > 0 && isFinite(value));
  if (sound.length === 0) return null;
  let low = Infinity, high = 0;
  for (const value of sound) {
    low = Math.min(low, value);
    high = Math.max(high, value);
  }
  const room = Math.max((high / low) ** 0.06, 1.03);
  return [low / room, high * room];
}

// An SVG path through [x, y] points; null is a gap.
const pathOf = (points) => points.map((point, i) => point && (i > 0 && points[i - 1] ? 'L' : 'M') +
  `${point[0].toFixed(1)},${point[1].toFixed(1)}`).filter(Boolean).join('');

const logPixel = ([low, high], from, to) => (value) =>
  from + (to - from) * Math.log(value / low) / Math.log(high / low);

// The scale of values such as losses: logarithmic, and linear where some are negative. What is above
// `ceiling` is cut off where anything is below it: a few runs that were thrown to the sky would squeeze
// all others. Null if there is no value that it could show.
function valueScale(values, ceiling) {
  const sound = values.filter((value) => value !== null && isFinite(value));
  const top = sound.some((value) => value !== 0 && value <= ceiling) ? ceiling : Infinity;
  const shown = sound.map((value) => Math.min(value, top));
  if (shown.some((value) => value < 0)) {
    const low = shown.reduce((least, value) => Math.min(least, value), 0);
    const high = shown.reduce((most, value) => Math.max(most, value), -Infinity);
    const room = (high - low || 1) * 0.06, domain = [low - room, high + room];
    return { type: 'linear', domain, ticks: linearTicks(...domain), holds: (value) => value !== null && value <= domain[1],
      pixel: (from, to) => (value) => from + (to - from) * (value - domain[0]) / (domain[1] - domain[0]) };
  }
  const domain = logRange(shown);
  // Zero has no place on it: at its lower end.
  return domain && { type: 'log', domain, ticks: logTicks(...domain), holds: (value) => value !== null && value >= 0 && value <= domain[1],
    pixel: (from, to) => (value) => logPixel(domain, from, to)(Math.max(value, domain[0])) };
}

const valueAxis = (name, title, scale, extra) => ({
  scale: name, orient: 'left', title, values: scale.ticks, grid: true, labelOverlap: true,
  encode: { labels: { update: { text: { signal: 'rateLabel(datum.value)' } } } }, ...extra,
});

let paperWidth = 0; // while the page is printed: of a sheet, in CSS pixels

// Draws a view in the width that it has now, if it has not been; `anew`: though it has.
function draw(entry, anew) {
  const node = document.getElementById('chart-' + entry.name);
  const inner = paperWidth || node.clientWidth;
  const old = drawn.get(entry.name);
  if (inner < 50 || (old && old.width === inner && !anew)) return;
  if (old) old.view.finalize();
  const outer = Math.max(inner, entry.minimum ? entry.minimum() : 0), spared = entry.spared || 0;
  const made = entry.make(outer - spared);
  const view = new vega.View(vega.parse(made.spec, chartConfig, { ast: true }), {
    expr: vega.interpreter, renderer: 'svg', container: node, hover: true,
  });
  view.tooltip((handler, event, item, value) => showTip(event, value));
  view.addEventListener('click', (event, item) => {
    if (item && item.datum && item.datum.trial !== undefined) selection.pick(item.datum.trial);
  });
  view.addEventListener('mouseover', (event, item) => {
    if (item && item.datum && item.datum.trial !== undefined) selection.point(item.datum.trial);
  });
  view.addEventListener('mouseout', () => selection.point(null));
  if (made.started) made.started(view);
  drawn.set(entry.name, { view, width: inner });
  view.runAsync().then(() => {
    if (drawn.get(entry.name).view !== view) return;
    const svg = node.querySelector('svg');
    // The figure is one image with a text; what is in it stands in the table.
    svg.setAttribute('aria-hidden', 'true');
    // How much room labels take is known once they are drawn.
    const over = Math.ceil(Number(svg.getAttribute('width')) - outer);
    if (over <= 0 || spared > 100) return;
    entry.spared = spared + over;
    draw(entry, true);
  });
}

function redraw(name) {
  views.forEach((entry) => {
    if (document.getElementById('chart-' + entry.name)) draw(entry, entry.name === name);
  });
}

window.addEventListener('beforeprint', () => {
  paperWidth = 670;
  redraw();
});
window.addEventListener('afterprint', () => {
  paperWidth = 0;
  redraw();
});

selection.listen(() => {
  for (const { view } of drawn.values()) view.signal('tick', view.signal('tick') + 1).run();
});

// --- the tooltip ---

// The lines for a trial, or those that the mark brings.
function tipLines(value) {
  if (value.tip) return value.tip;
  const trial = trials.byId(value.trial);
  if (!trial) return null;
  const lines = [`Trial ${trial.id}`, candidateText(trial),
    [trial.state, trial.verdict].filter((word, i, all) => word && all.indexOf(word) === i).join(', ')];
  if (trial.value !== null) lines.push(`${study.metric} ${figureMetric(trial.value)}`);
  return lines.concat(value.more || []);
}

function showTip(event, value) {
  const tip = document.getElementById('tip');
  const lines = value && typeof value === 'object' ? tipLines(value) : null;
  tip.hidden = !lines;
  if (!lines) return;
  tip.replaceChildren(element('strong', {}, lines[0]), ...lines.slice(1).map((line) => element('div', {}, line)));
  const right = event.clientX + 16 + tip.offsetWidth < window.innerWidth;
  const below = event.clientY + 18 + tip.offsetHeight < window.innerHeight;
  tip.style.left = Math.max(4, right ? event.clientX + 14 : event.clientX - tip.offsetWidth - 10) + 'px';
  tip.style.top = Math.max(4, below ? event.clientY + 14 : event.clientY - tip.offsetHeight - 10) + 'px';
}
