// rungs.js - who went on from rung to rung, and with what.

views.push((() => {
  const data = part('rungs');
  const budgets = [...new Set(data.rungs.map((rung) => rung.budget))].sort((a, b) => a - b);
  const place = data.rungs.map((rung) => budgets.indexOf(rung.budget));
  const paths = new Map(); // trial to its values by column; a later event replaces an earlier one
  data.trial.forEach((id, i) => {
    if (!paths.has(id)) paths.set(id, new Map());
    paths.get(id).set(place[data.rung[i]], data.value[i]);
  });
  const { trials: chosen, note } = sampleTrials(300, (trial) => paths.has(trial.id));
  const scale = valueScale(chosen.flatMap((trial) => [...paths.get(trial.id).values()]), metricCeiling);

  // What became of the candidates of all brackets at a budget.
  const columns = budgets.map((budget, column) => {
    const rungs = data.rungs.filter((rung) => rung.budget === budget);
    const sum = (key) => rungs.reduce((total, rung) => total + rung[key], 0);
    const first = (bracket) => data.rungs.findIndex((rung) => rung.bracket === bracket);
    const diverged = trials.ranked.filter((trial) => trial.state === 'diverged' &&
      place[first(trial.bracket) + trial.rung] === column).length;
    return { budget, candidates: sum('candidates'), promoted: sum('promoted'), diverged };
  });

  function make(outer) {
    const width = outer - 66, height = outer < 500 || paperWidth ? 330 : 404, funnel = 112;
    const x = (column) => (budgets.length === 1 ? width / 2 : 40 + (width - 80) * column / (budgets.length - 1));
    const pixel = scale.pixel(height, funnel), y = (value) => Math.max(pixel(value), funnel);
    const lines = [], ends = [];
    for (const trial of chosen.slice().reverse()) {
      const at = [...paths.get(trial.id)].filter(([, value]) => value !== null).sort((a, b) => a[0] - b[0]);
      if (at.length === 0) continue;
      const look = { trial: trial.id, colour: colourOf(trial.verdict), dash: lookOf(trial.verdict).dash,
        base: trial.state === 'stopped' ? 0.55 : 1 };
      lines.push({ ...look, path: pathOf(at.map(([column, value]) => [x(column), y(value)])) });
      at.forEach(([column, value]) => ends.push({ ...look, x: x(column), y: y(value), shape: lookOf(trial.verdict).shape,
        more: [`${study.metric} ${figureMetric(value)} after ${figureBudget(budgets[column], study.unit)}`] }));
    }
    const tallest = Math.max(1, ...columns.map((column) => column.candidates));
    const half = Math.min(34, width / budgets.length / 2 - 6), room = 52;
    const bars = columns.flatMap((column, i) => {
      const tip = [figureBudget(column.budget, study.unit), plural(column.candidates, 'candidate'),
        `${figureCount(column.promoted)} promoted`, `${figureCount(column.diverged)} diverged`];
      const bar = (from, count, colour) => ({ x: x(i) - half, x2: x(i) + half, colour, tip,
        y: room - room * (from + count) / tallest, y2: room - room * from / tallest });
      return [bar(0, column.candidates, 'var(--bar)'), bar(0, column.promoted, 'var(--accent)')];
    });
    const labels = columns.map((column, i) => ({ x: x(i), text: figureCount(column.candidates),
      below: i + 1 < columns.length || column.promoted > 0 ? `${figureCount(column.promoted)}${width / budgets.length > 64 ? ' go on' : ''}` : '',
      budget: figureBudget(column.budget, study.unit) }));
    return {
      spec: specification(width, height, {
        autosize: 'pad',
        data: [
          { name: 'lines', values: lines, transform: [shownTrials] },
          { name: 'ends', values: ends, transform: [shownTrials] },
          { name: 'bars', values: bars }, { name: 'labels', values: labels },
        ],
        scales: [
          { name: 'y', type: scale.type, domain: scale.domain, range: [height, funnel] },
          { name: 'x', type: 'ordinal', domain: labels.map((label) => label.budget), range: labels.map((label) => label.x) },
        ],
        axes: [
          { scale: 'x', orient: 'bottom', title: 'budget', labelFlush: false, labelOverlap: true },
          valueAxis('y', study.metric, scale),
        ],
        marks: [
          { type: 'rect', from: { data: 'bars' }, encode: { update: { x: { field: 'x' }, x2: { field: 'x2' }, y: { field: 'y' },
            y2: { field: 'y2' }, fill: { field: 'colour' }, tooltip: { signal: 'datum' } } } },
          { type: 'text', from: { data: 'labels' }, encode: { update: { x: { field: 'x' }, y: { value: 70 }, align: { value: 'center' },
            text: { field: 'text' }, fill: { value: 'var(--ink)' }, fontWeight: { value: 600 }, fontSize: { value: 13 } } } },
          { type: 'text', from: { data: 'labels' }, encode: { update: { x: { field: 'x' }, y: { value: 86 }, align: { value: 'center' },
            text: { field: 'below' }, fill: { value: 'var(--muted)' }, fontSize: { value: 11.5 } } } },
          ...trialPaths('lines', 1.3, 'datum.base * 0.8'), trialSymbols('ends', 34, 'datum.base'),
        ],
      }),
    };
  }

  return {
    name: 'rungs',
    title: 'Who went on',
    about: 'Bars: how many candidates got each budget, and (filled) how many of them went on. Lines: their ' +
      `${study.metric} from rung to rung; a line ends where the search left its candidate behind.` +
      note,
    absent: data.rungs.length < 2 || !scale,
    make,
  };
})());
