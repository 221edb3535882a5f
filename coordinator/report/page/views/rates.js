// rates.js - the metric against the learning rate, a panel for each schedule.

views.push((() => {
  const most = 6; // panels; more schedules share the last one
  const schedules = [...new Set(trials.ranked.map((trial) => trial.schedule))]; // that of the best first
  const names = schedules.slice(0, schedules.length > most ? most - 1 : most);
  const panels = schedules.length > most ? [...names, 'others'] : names;
  const { trials: points, note } = sampleTrials(2000, (trial) => trial.lr > 0 && trial.state !== 'waiting');
  const scale = valueScale(points.map((trial) => trial.value), metricCeiling);
  const rates = logRange(points.map((trial) => trial.lr));
  const strip = 18; // above each panel, for those without a value or with one above the scale

  function make(outer) {
    const width = outer - 66, gap = 26;
    const each = panels.length === 1 ? 300 : Math.max(84, Math.floor(400 / panels.length));
    const height = panels.length * (each + gap) - gap;
    const x = logPixel(rates, 0, width);
    const items = [], bands = [], edges = [], heads = [], scales = [], axes = [], rules = [];
    panels.forEach((name, i) => {
      const top = i * (each + gap), bottom = top + each;
      const y = scale && scale.pixel(bottom, top + strip);
      if (scale) {
        scales.push({ name: 'y' + i, type: scale.type, domain: scale.domain, range: [bottom, top + strip] });
        axes.push(valueAxis('y' + i, i === Math.floor((panels.length - 1) / 2) ? study.metric : null, scale, {
          values: scale.ticks.filter((tick, k, all) => panels.length < 3 || all.length < 4 || k % 2 === 0) }));
      }
      heads.push({ text: name, y: top - 7 });
      rules.push({ y: bottom });
      const group = study.by_schedule.find((entry) => entry.schedule === name);
      const stable = group ? group.stable : panels.length === 1 ? study.stable : null;
      if (stable) mark(stable, top, bottom, x, width, bands, edges, name);
      for (const trial of points) {
        const panel = names.includes(trial.schedule) ? trial.schedule : 'others';
        if (panel !== name) continue;
        items.push({ trial: trial.id, x: x(trial.lr), y: scale && scale.holds(trial.value) ? y(trial.value) : top + strip / 2 - 2,
          shape: lookOf(trial.verdict).shape, colour: colourOf(trial.verdict),
          base: trial.state === 'stopped' ? 0.7 : 1, best: study.best !== null && study.best.trial === trial.id });
      }
    });
    const bottom = height;
    return {
      spec: specification(width, height, {
        autosize: 'pad',
        data: [
          { name: 'points', values: items, transform: [shownTrials] },
          { name: 'best', source: 'points', transform: [{ type: 'filter', expr: 'datum.best' }] },
          { name: 'bands', values: bands }, { name: 'edges', values: edges }, { name: 'heads', values: heads },
          { name: 'rules', values: rules },
        ],
        scales: [...scales, { name: 'x', type: 'log', domain: rates, range: [0, width] }],
        axes: [...axes, logAxis('x', 'bottom', 'learning rate', rates[0], rates[1])],
        marks: [
          { type: 'rect', from: { data: 'bands' }, encode: { update: { x: { field: 'from' }, x2: { field: 'to' },
            y: { field: 'top' }, y2: { field: 'bottom' }, fill: { field: 'colour' }, opacity: { field: 'opacity' },
            tooltip: { signal: 'datum' } } } },
          { type: 'rule', from: { data: 'rules' }, encode: { update: { x: { value: 0 }, x2: { value: width },
            y: { field: 'y' }, stroke: { value: 'var(--line)' } } } },
          { type: 'rule', from: { data: 'edges' }, encode: { update: { x: { field: 'x' }, y: { field: 'top' },
            y2: { field: 'bottom' }, stroke: { value: 'var(--v-diverged)' }, strokeWidth: { value: 1.5 },
            strokeDash: { value: [5, 3] } } } },
          { type: 'text', from: { data: 'edges' }, encode: { update: { x: { field: 'label_x' }, y: { field: 'label_y' },
            align: { field: 'align' }, text: { field: 'text' }, fill: { value: 'var(--ink)' },
            fontSize: { value: 11 } } } },
          { type: 'text', from: { data: 'heads' }, encode: { update: { x: { value: 0 }, y: { field: 'y' },
            text: { field: 'text' }, fill: { value: 'var(--ink)' }, fontWeight: { value: 600 },
            fontSize: { value: 12.5 }, limit: { value: width } } } },
          trialSymbols('points', 62, 'datum.base'),
          { type: 'symbol', from: { data: 'best' }, interactive: false, encode: { update: { x: { field: 'x' }, y: { field: 'y' },
            size: { value: 260 }, shape: { value: 'circle' }, fill: { value: 'transparent' },
            stroke: { value: 'var(--ink)' }, strokeWidth: { value: 1.5 } } } },
        ],
      }),
    };
  }

  // The range that is stable and useful, where the edge may be, and the edge.
  function mark(stable, top, bottom, x, width, bands, edges, name) {
    const within = (pixel) => Math.min(Math.max(pixel, 0), width);
    if (stable.lowest_useful !== null && stable.top > stable.lowest_useful)
      bands.push({ from: within(x(stable.lowest_useful)), to: within(x(stable.top)), top, bottom, colour: 'var(--accent)',
        opacity: 0.09, tip: ['Stable range', `${figureRate(stable.lowest_useful)} to ${figureRate(stable.top)}: rates that learn and do not diverge`] });
    if (stable.edge === null) return;
    if (stable.edge_low !== null && stable.edge_high !== null)
      bands.push({ from: within(x(stable.edge_low)), to: within(x(stable.edge_high)), top, bottom, colour: 'var(--v-diverged)',
        opacity: 0.12, tip: ['Edge of divergence', `between ${figureRate(stable.edge_low)} and ${figureRate(stable.edge_high)}`] });
    const at = within(x(stable.edge));
    // Beside the panel's name where that is in the way.
    const label = Math.max(at, 7.6 * name.length + 44);
    edges.push({ x: at, label_x: label, top, bottom, label_y: top - 7, align: label > width - 40 ? 'right' : 'center',
      text: 'edge ' + figureRate(stable.edge) });
  }

  return {
    name: 'rates',
    title: `${study.metric} against the learning rate`,
    about: 'A panel for each schedule. Shaded: rates that learn and do not diverge; dashed: the edge of ' +
      'divergence and the interval that holds it. Candidates without a value, or with one far above where ' +
      'training begins, stand at the top of their panel; the ring is the recommendation.' + note,
    absent: !rates,
    make,
  };
})());
