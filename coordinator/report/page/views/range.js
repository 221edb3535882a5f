// range.js - the range test of lrsweep find, if there was one.

views.push((() => {
  const data = part('range');
  const numbers = (list) => Array.isArray(list) && list.every((value) => value === null || typeof value === 'number');
  const sound = data !== null && numbers(data.lr) && numbers(data.smoothed) && data.lr.length > 2 && data.lr.every((rate) => rate > 0);
  const seeds = sound && Array.isArray(data.seeds) ? data.seeds.filter((seed) => seed && numbers(seed.smoothed)) : [];
  const losses = sound ? data.smoothed.filter((value) => value !== null).sort((a, b) => a - b) : [];

  const suggestions = () => Object.entries(sound && data.suggestions && typeof data.suggestions === 'object' ? data.suggestions : {})
    .map(([name, value]) => ({ name, rate: value && value.lr }))
    .filter((entry) => entry.rate > 0);

  function make(outer) {
    const width = outer - 66, height = 260;
    const rates = [data.lr[0], data.lr[data.lr.length - 1]];
    const low = losses[0], first = data.smoothed.find((value) => value !== null);
    const high = Math.max(first, low) + 0.5 * (Math.max(first, low) - low || 1);
    const x = logPixel(rates, 0, width), y = (value) => height * (1 - (Math.min(value, 2 * high) - low + 0.05 * (high - low)) / (1.05 * (high - low)));
    const every = Math.max(1, Math.floor(data.lr.length / 600)); // more points than that no screen shows
    const path = (values) => pathOf(data.lr.map((rate, i) => (typeof values[i] === 'number' ? [x(rate), y(values[i])] : null))
      .filter((point, i) => i % every === 0));
    const lines = [...seeds.map((seed) => ({ path: path(seed.smoothed), colour: 'var(--muted)', width: 0.8, base: 0.6 })),
      { path: path(data.smoothed), colour: 'var(--accent)', width: 2.6, base: 1 }];
    const bounds = Array.isArray(data.bounds) && data.bounds[0] > 0 && data.bounds[1] > 0 ? data.bounds : null;
    const marks = suggestions().filter((entry) => ['knee', 'edge'].includes(entry.name)).map((entry) => ({ x: x(entry.rate), text: `${entry.name} ${figureRate(entry.rate)}`,
      colour: entry.name === 'edge' ? 'var(--v-diverged)' : 'var(--ink)', y: entry.name === 'edge' ? -21 : -7, align: 'right',
      tip: [entry.name, 'lr ' + figureRate(entry.rate)] }));
    return {
      spec: specification(width, height, {
        autosize: 'pad',
        data: [{ name: 'lines', values: lines }, { name: 'marks', values: marks },
          { name: 'bounds', values: bounds ? [{ from: x(bounds[0]), to: x(bounds[1]), tip: ['Bounds for a search', `${figureRate(bounds[0])} to ${figureRate(bounds[1])}`] }] : [] }],
        scales: [{ name: 'x', type: 'log', domain: rates, range: [0, width] },
          { name: 'y', type: 'linear', domain: [low - 0.05 * (high - low), high], range: [height, 0] }],
        axes: [logAxis('x', 'bottom', 'learning rate, growing from step to step', rates[0], rates[1]),
          { scale: 'y', orient: 'left', title: 'loss', grid: true, tickCount: 5 }],
        marks: [
          { type: 'rect', from: { data: 'bounds' }, encode: { update: { x: { field: 'from' }, x2: { field: 'to' }, y: { value: 0 },
            y2: { value: height }, fill: { value: 'var(--accent)' }, opacity: { value: 0.09 }, tooltip: { signal: 'datum' } } } },
          { type: 'path', from: { data: 'lines' }, clip: true, encode: { update: { path: { field: 'path' }, stroke: { field: 'colour' },
            strokeWidth: { field: 'width' }, opacity: { field: 'base' } } } },
          { type: 'rule', from: { data: 'marks' }, encode: { update: { x: { field: 'x' }, y: { value: 0 }, y2: { value: height },
            stroke: { field: 'colour' }, strokeDash: { value: [5, 3] }, strokeWidth: { value: 1.4 }, tooltip: { signal: 'datum' } } } },
          { type: 'text', from: { data: 'marks' }, encode: { update: { x: { field: 'x' }, y: { field: 'y' }, dx: { value: 4 }, align: { field: 'align' },
            text: { field: 'text' }, fill: { value: 'var(--ink)' }, fontSize: { value: 11.5 } } } },
        ],
      }),
    };
  }

  return {
    name: 'range',
    title: 'Range test',
    about: 'Loss while the rate grows (lrsweep find): the median of the seeds in bold. Shaded: the bounds that it ' +
      'proposes for a search.' + (sound && typeof data.advice === 'string' ? ' ' + data.advice : ''),
    absent: losses.length === 0,
    make,
  };
})());
