// schedules.js - the learning rate over steps of the best candidates.

views.push((() => {
  const data = part('schedules').filter((curve) => curve.step.length > 0 && trials.byId(curve.trial));
  const rates = data.flatMap((curve) => curve.lr).filter((rate) => rate > 0);
  const top = rates.reduce((high, rate) => Math.max(high, rate), 0);
  // A rate that falls to zero has no place on a logarithmic axis: the axis ends below what matters.
  const range = logRange(rates.map((rate) => Math.max(rate, top * 1e-4)));
  data.forEach((curve) => { curve.at = curve.step.map((step) => progressOf(trials.byId(curve.trial), step)); });

  function make(outer) {
    const width = outer - 100, height = 260;
    const last = data.reduce((high, curve) => Math.max(high, curve.at[curve.at.length - 1]), 0) || 1;
    const x = (at) => at / last * width, y = logPixel(range, height, 0);
    const lines = data.map((curve, i) => ({
      trial: curve.trial, colour: i === 0 ? 'var(--accent)' : 'var(--muted)', dash: i === 0 ? [] : [[6, 3], [2, 2], [8, 3, 2, 3], [4, 2], [5, 2, 1, 2], [1, 3], [10, 4]][(i - 1) % 7],
      base: i === 0 ? 1 : 0.8, width: i === 0 ? 2.6 : 1.3,
      path: pathOf(curve.at.map((at, k) => [x(at), y(Math.max(curve.lr[k], range[0]))])),
    })).reverse();
    // Names at the lines' ends, moved apart.
    const names = data.map((curve, i) => ({ trial: curve.trial, x: width + 8, base: 1, y: y(Math.max(curve.lr[curve.lr.length - 1], range[0])),
      text: String(curve.trial), weight: i === 0 ? 700 : 400 })).sort((a, b) => a.y - b.y);
    names.forEach((name, i) => { if (i > 0) name.y = Math.max(name.y, names[i - 1].y + 13); });
    const over = names.length > 0 ? Math.max(0, names[names.length - 1].y - height) : 0;
    names.forEach((name) => { name.y -= over; });
    return {
      spec: specification(width, height, {
        autosize: 'pad',
        data: [{ name: 'lines', values: lines, transform: [shownTrials] },
          { name: 'names', values: names, transform: [shownTrials] }],
        scales: [
          { name: 'x', type: 'linear', domain: [0, last], range: [0, width] },
          { name: 'y', type: 'log', domain: range, range: [height, 0] },
        ],
        axes: [
          { scale: 'x', orient: 'bottom', title: progressUnit, tickCount: Math.floor(width / 80),
            encode: { labels: { update: { text: { signal: 'countLabel(datum.value)' } } } } },
          logAxis('y', 'left', 'learning rate', range[0], range[1]),
        ],
        marks: [
          ...trialPaths('lines', 'datum.width', 'datum.base'),
          { type: 'text', from: { data: 'names' }, encode: { enter: { tooltip: { signal: 'datum' }, cursor: { value: 'pointer' } },
            update: { x: { field: 'x' }, y: { field: 'y' }, baseline: { value: 'middle' }, text: { field: 'text' },
              fill: { value: 'var(--ink)' }, fontSize: { value: 11.5 }, fontWeight: { field: 'weight' },
              opacity: { signal: 'fade(datum.trial, 1, tick)' } } } },
        ],
      }),
    };
  }

  return {
    name: 'schedules',
    title: 'Schedules of the best',
    about: 'The learning rate of the ' + (data.length > 1 ? `${data.length} best candidates` : 'best candidate') +
      ', named by trial at the right; the best of all in bold.',
    absent: !range,
    make,
  };
})());
