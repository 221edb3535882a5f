// parameters.js - all parameters of the candidates, as parallel coordinates.

views.push((() => {
  const metric = ' '; // the name of its axis: none of a parameter
  const labels = (name) => name.replace(/^(schedule|optimizer)\./, '');
  const { trials: chosen, note } = sampleTrials(400, (trial) => trial.state !== 'waiting');

  function axis(name, label, values) {
    const there = values.filter((value) => value !== undefined && value !== null);
    const different = [...new Set(there.map(String))];
    if (different.length < 2) return null;
    const missing = there.length < values.length;
    if (there.every((value) => typeof value === 'number') && different.length > 3) {
      const low = Math.min(...there), high = Math.max(...there);
      const log = low > 0 && high / low > (name === 'lr' || name === metric ? 3 : 100);
      const at = log ? (value) => Math.log(value / low) / Math.log(high / low) : (value) => (value - low) / (high - low);
      const ticks = log ? logTicks(low, high) : linearTicks(low, high);
      return { name, label, missing, at, ticks: ticks.map((value) => ({ at: at(value), text: figureRate(value) })) };
    }
    const order = different.sort((a, b) => (isFinite(a) && isFinite(b) ? a - b : a < b ? -1 : 1));
    const at = (value) => (order.indexOf(String(value)) + 0.5) / order.length;
    return { name, label, missing, at, ticks: order.map((value) => ({ at: at(value), text: isFinite(value) ? figureRate(Number(value)) : value })) };
  }

  // Values above the others' scale stand at its end.
  const metricTop = (valueScale(chosen.map((trial) => trial.value), metricCeiling) || { domain: [0, Infinity] }).domain[1];
  // Many lines are paler, each for itself.
  const pale = chosen.length > 80 ? 0.6 : 1;
  const valueOf = (trial, name) => (name !== metric ? trial.params[name] : trial.value === null ? null : Math.min(trial.value, metricTop));
  const axes = [...trials.parameters.filter((name) => name !== 'lr'), metric].reduce((list, name) => {
    const found = axis(name, name === metric ? study.metric : labels(name), chosen.map((trial) => valueOf(trial, name)));
    return found ? [...list, found] : list;
  }, [axis('lr', 'lr', chosen.map((trial) => trial.lr))].filter(Boolean));

  // What is brushed, in pixels from the top: a drawing in another width takes it over.
  const bands = new Map();
  let current = null;
  selection.listen(() => axes.forEach((one, i) => {
    if (!bands.has(one.name) || selection.isBrushed(one.name)) return;
    bands.delete(one.name);
    current.signal('brush' + i, null).run();
  }));

  const minimum = () => 40 + axes.length * 92;

  function make(outer) {
    const width = outer - 100, height = 280, foot = 22;
    const x = (i) => width * i / Math.max(axes.length - 1, 1);
    // What a candidate has not runs below the axis.
    const y = (one, value) => (value === undefined || value === null ? height : (height - foot) * (1 - one.at(value)));
    const lines = chosen.slice().reverse().map((trial) => ({
      trial: trial.id, colour: colourOf(trial.verdict), dash: lookOf(trial.verdict).dash,
      base: (trial.state === 'stopped' ? 0.4 : trial.state === 'complete' ? 1 : 0.6) * pale,
      path: pathOf(axes.map((one, i) => [x(i), y(one, valueOf(trial, one.name))])),
    }));
    const ticks = axes.flatMap((one, i) => [...one.ticks.map((tick) => ({ x: x(i), y: (height - foot) * (1 - tick.at), text: tick.text })),
      ...(one.missing ? [{ x: x(i), y: height, text: 'none' }] : [])]);
    const heads = axes.map((one, i) => ({ x: x(i), text: one.label, align: i === axes.length - 1 && i > 0 ? 'right' : i ? 'center' : 'left' }));
    const rules = axes.map((one, i) => ({ x: x(i) }));
    const brushes = axes.flatMap((one, i) => [{
      name: 'brush' + i, value: bands.get(one.name) || null,
      on: [
        { events: `@handle${i}:mousedown`, update: '[y(), y()]' },
        { events: `[@handle${i}:mousedown, window:mouseup] > window:mousemove!`, update: `[brush${i}[0], clamp(y(), -2, ${height + 2})]` },
        { events: `@handle${i}:dblclick`, update: 'null' },
      ],
    }]);
    return {
      spec: specification(width, height, {
        autosize: 'pad',
        padding: { left: 8, right: 46, top: 2, bottom: 4 },
        signals: brushes,
        data: [{ name: 'lines', values: lines, transform: [shownTrials] }, { name: 'ticks', values: ticks },
          { name: 'heads', values: heads }, { name: 'rules', values: rules }],
        marks: [
          ...trialPaths('lines', 1.2, 'datum.base'),
          { type: 'rule', from: { data: 'rules' }, encode: { update: { x: { field: 'x' }, y: { value: 0 }, y2: { value: height - foot },
            stroke: { value: 'var(--muted)' } } } },
          { type: 'text', from: { data: 'ticks' }, interactive: false, encode: { update: { x: { field: 'x' }, dx: { value: 6 }, y: { field: 'y' },
            baseline: { value: 'middle' }, text: { field: 'text' }, fill: { value: 'var(--ink)' }, fontSize: { value: 11 },
            stroke: { value: 'var(--paper)' }, strokeWidth: { value: 3 }, strokeJoin: { value: 'round' } } } },
          { type: 'text', from: { data: 'ticks' }, interactive: false, encode: { update: { x: { field: 'x' }, dx: { value: 6 }, y: { field: 'y' },
            baseline: { value: 'middle' }, text: { field: 'text' }, fill: { value: 'var(--ink)' }, fontSize: { value: 11 } } } },
          { type: 'text', from: { data: 'heads' }, interactive: false, encode: { update: { x: { field: 'x' }, y: { value: -14 }, align: { field: 'align' },
            text: { field: 'text' }, fill: { value: 'var(--ink)' }, fontWeight: { value: 600 }, fontSize: { value: 12 }, limit: { value: 110 } } } },
          ...axes.flatMap((one, i) => [
            { type: 'rect', interactive: false, encode: { update: { x: { value: x(i) - 8 }, x2: { value: x(i) + 8 },
              y: { signal: `brush${i} ? min(brush${i}[0], brush${i}[1]) : 0` }, y2: { signal: `brush${i} ? max(brush${i}[0], brush${i}[1]) : 0` },
              fill: { value: 'var(--accent)' }, opacity: { value: 0.3 } } } },
            { type: 'rect', name: 'handle' + i, encode: { enter: { x: { value: x(i) - 9 }, x2: { value: x(i) + 9 }, y: { value: -2 },
              y2: { value: height + 2 }, fill: { value: 'transparent' }, cursor: { value: 'ns-resize' } } } },
          ]),
        ],
      }),
      started(view) {
        current = view;
        axes.forEach((one, i) => view.addSignalListener('brush' + i, (name, pixels) => {
          const wide = pixels && Math.abs(pixels[1] - pixels[0]) > 3;
          if (wide) bands.set(one.name, pixels);
          else bands.delete(one.name);
          selection.brush(one.name, wide ? (trial) => {
            const at = y(one, valueOf(trial, one.name));
            return at >= Math.min(...pixels) && at <= Math.max(...pixels);
          } : null);
        }));
      },
    };
  }

  return {
    name: 'parameters',
    title: 'All parameters',
    about: 'One line a candidate through the values that it had. Drag along an axis to keep the candidates within; ' +
      'double-click it to let them go.' + note,
    absent: axes.length < 2,
    minimum, make,
  };
})());
