// losses.js - loss over steps of the candidates.

views.push((() => {
  const data = curveData;
  // How far it was in the place of steps.
  const series = (trial, { step, value }) => ({ at: step.map((one) => progressOf(trial, one)), value });
  const curves = data.curves.filter((curve) => trials.byId(curve.trial) && curve.train.step.length + curve.validation.step.length > 0)
    .map((curve) => {
      const trial = trials.byId(curve.trial);
      return { trial, train: series(trial, curve.train), validation: series(trial, curve.validation) };
    });
  let smoothing = 0, showTrain = true, showValidation = true;
  const pale = curves.length > 80 ? 0.6 : 1; // each of many lines
  const lengths = curves.map((curve) => Math.max(...[curve.train, curve.validation].map((series) => series.at[series.at.length - 1] || 0)));
  const firsts = curves.map((curve) => Math.min(...[curve.train, curve.validation].map((series) => series.at[0] || Infinity)));
  const last = lengths.reduce((high, at) => Math.max(high, at), 0) || 1;
  const first = firsts.reduce((low, at) => Math.min(low, at), last);
  // Where most were stopped early, their curves would be a smear at the left.
  let stretched = last / first > 20 && lengths.filter((at) => at < last / 4).length > lengths.length / 2;
  // A running mean that forgets: the weight of what came before grows with the slider.
  function smooth(values) {
    let mean = values[0];
    return values.map((value) => (mean = smoothing * mean + (1 - smoothing) * value));
  }

  const line = (series, values, x, y) => pathOf(series.at.map((at, i) => [x(at), y(values[i])]));

  const scale = valueScale(curves.flatMap((curve) => [...curve.train.value, ...curve.validation.value]), lossCeiling);

  function items(width, height) {
    const x = stretched ? logPixel([first, last], 0, width) : (at) => at / last * width;
    const y = scale.pixel(height, 0);
    const paths = [], ends = [];
    // The best come last: above the others.
    for (const curve of curves.slice().reverse()) {
      const trial = curve.trial;
      const faded = trial.state === 'stopped' ? 0.5 : 1;
      const look = { trial: trial.id, colour: colourOf(trial.verdict), dash: lookOf(trial.verdict).dash };
      if (showTrain && curve.train.at.length)
        paths.push({ ...look, path: line(curve.train, smooth(curve.train.value), x, y), base: 0.6 * faded * pale, width: 1 });
      if (showValidation && curve.validation.at.length)
        paths.push({ ...look, path: line(curve.validation, curve.validation.value, x, y), base: faded * pale, width: 1.9 });
      const shownSeries = showValidation && curve.validation.at.length ? curve.validation : curve.train;
      const end = shownSeries.at.length - 1;
      if (end < 0) continue;
      ends.push({ trial: trial.id, shape: lookOf(trial.verdict).shape, colour: look.colour, base: faded,
        x: x(shownSeries.at[end]), y: Math.min(Math.max(y(shownSeries.value[end]), 2), height - 2) });
    }
    return { paths, ends };
  }

  function make(outer) {
    const width = outer - 62, height = outer < 700 ? 300 : 400;
    const made = items(width, height);
    const spec = specification(width, height, {
      autosize: 'pad',
      data: [
        { name: 'paths', values: made.paths, transform: [shownTrials] },
        { name: 'ends', values: made.ends, transform: [shownTrials] },
      ],
      scales: [
        { name: 'x', type: stretched ? 'log' : 'linear', domain: [stretched ? first : 0, last], range: [0, width] },
        { name: 'y', type: scale.type, domain: scale.domain, range: [height, 0] },
      ],
      axes: [
        { scale: 'x', orient: 'bottom', title: progressUnit,
          ...(stretched ? { values: logTicks(first, last) } : { tickCount: Math.floor(width / 80) }),
          encode: { labels: { update: { text: { signal: 'countLabel(datum.value)' } } } } },
        valueAxis('y', 'loss', scale),
      ],
      marks: [...trialPaths('paths', 'datum.width', 'datum.base'), trialSymbols('ends', 26, 'datum.base')],
    });
    return {
      spec,
      started(view) {
        refresh = () => {
          const next = items(width, height);
          view.data('paths', next.paths).data('ends', next.ends).run();
        };
      },
    };
  }
  let refresh = () => {};

  function controls() {
    const box = (text, on, change) => element('label', {}, element('input', { type: 'checkbox', checked: on,
      onchange: (event) => { change(event.target.checked); refresh(); } }), ' ' + text);
    return element('div', { class: 'controls' },
      box('logarithmic ' + progressUnit, stretched, (on) => { stretched = on; redraw('losses'); }),
      box('training (thin)', showTrain, (on) => { showTrain = on; }),
      box('validation (bold)', showValidation, (on) => { showValidation = on; }),
      element('label', {}, 'smoothing ', element('input', { type: 'range', min: '0', max: '0.98', step: '0.02', value: '0',
        oninput: (event) => { smoothing = Number(event.target.value); refresh(); } })));
  }

  return {
    name: 'losses',
    title: 'Loss over ' + progressUnit,
    about: 'One line a candidate, with its verdict’s colour and dash; a symbol marks where it ended. Those that ' +
      'the search stopped are pale.' + sampleText(data.curves.length, data.of),
    absent: !scale,
    controls, make,
  };
})());
