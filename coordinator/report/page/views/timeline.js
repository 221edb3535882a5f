// timeline.js - which trainer held which trial, and when.

views.push((() => {
  const data = part('timeline') || { lanes: [], bars: [], span_s: 0, of: 0 };
  const endings = [
    { text: 'done', colour: 'var(--bar)' },
    { text: 'diverged', colour: 'var(--v-diverged)' },
    { text: 'paused', colour: 'var(--pause)' },
    { text: 'attempt lost', colour: 'var(--v-collapsed)', mark: true },
    { text: 'cut off by the end of the run', colour: 'var(--v-erratic)', mark: true },
    { text: 'running', colour: 'var(--accent)' },
  ];
  // Lanes by rank and slot.
  const order = data.lanes.map((lane, i) => ({ ...lane, i })).sort((a, b) => a.worker - b.worker || a.trainer - b.trainer);
  const row = new Map(order.map((lane, i) => [lane.i, i]));
  const busy = data.lanes.reduce((sum, lane) => sum + lane.busy_s, 0);
  const share = data.span_s > 0 ? busy / (data.span_s * data.lanes.length) : null;
  const lost = data.bars.filter((bar) => bar[4] === 3).length, cut = data.bars.filter((bar) => bar[4] === 4).length;

  function make(outer) {
    const left = 74, width = outer - left - 46;
    const each = Math.max(5, Math.min(26, Math.floor(420 / Math.max(order.length, 1))));
    const height = each * order.length;
    const x = (ms) => width * ms / (1000 * data.span_s || 1);
    const bars = data.bars.map(([lane, from, to, trial, ending, count]) => {
      const time = `${figureDuration(from / 1000)} to ${figureDuration(to / 1000)}, ${figureRate((to - from) / 1000)} s`;
      const one = count === 1;
      return { x: x(from), x2: Math.max(x(to), x(from) + 0.7), y: row.get(lane) * each + each * 0.12, y2: (row.get(lane) + 1) * each - each * 0.12,
        colour: endings[ending].colour, ...(one ? { trial, more: [endings[ending].text, time] } : { tip: [`${figureCount(count)} trials`, time] }) };
    });
    const marks = data.bars.filter((bar) => endings[bar[4]].mark).map(([lane, from, to, trial, ending]) => ({ x: x(to), y: (row.get(lane) + 0.5) * each,
      trial, shape: saltire, colour: 'var(--v-diverged)', base: 1, more: [endings[ending].text] }));
    const lanes = order.map((lane, i) => ({ y: i * each, y2: (i + 1) * each, text: `rank ${lane.worker}, ${lane.trainer + 1}`,
      share: data.span_s > 0 ? Math.round(100 * lane.busy_s / data.span_s) + ' %' : '' }));
    const labelled = each >= 12 ? lanes : lanes.filter((lane, i) => i % Math.ceil(13 / each) === 0);
    return {
      spec: specification(width, height, {
        autosize: 'pad',
        data: [{ name: 'bars', values: bars, transform: [{ type: 'filter', expr: '!isValid(datum.trial) || shown(datum.trial, tick)' }] },
          { name: 'marks', values: marks, transform: [shownTrials] }, { name: 'lanes', values: lanes }, { name: 'labels', values: labelled }],
        scales: [{ name: 'x', type: 'linear', domain: [0, data.span_s], range: [0, width] }],
        axes: [{ scale: 'x', orient: 'bottom', title: 'time since the start', tickCount: Math.floor(width / 90),
          encode: { labels: { update: { text: { signal: `clockLabel(datum.value, ${data.span_s})` } } } } }],
        marks: [
          { type: 'rect', from: { data: 'lanes' }, encode: { update: { x: { value: 0 }, x2: { value: width }, y: { signal: `datum.y + ${each * 0.12}` },
            y2: { signal: `datum.y2 - ${each * 0.12}` }, fill: { value: 'var(--lane)' } } } },
          { type: 'rect', from: { data: 'bars' }, encode: { enter: { tooltip: { signal: 'datum' }, cursor: { value: 'pointer' } },
            update: { x: { field: 'x' }, x2: { field: 'x2' }, y: { field: 'y' }, y2: { field: 'y2' }, fill: { field: 'colour' },
              stroke: { value: 'var(--paper)' }, strokeWidth: { value: 0.5 }, opacity: { signal: 'fade(datum.trial, 1, tick)' } } } },
          trialSymbols('marks', 50, 1),
          { type: 'text', from: { data: 'labels' }, encode: { update: { x: { value: -8 }, y: { signal: '(datum.y + datum.y2) / 2' }, align: { value: 'right' },
            baseline: { value: 'middle' }, text: { field: 'text' }, fill: { value: 'var(--muted)' }, fontSize: { value: 12 } } } },
          { type: 'text', from: { data: 'labels' }, encode: { update: { x: { value: width + 8 }, y: { signal: '(datum.y + datum.y2) / 2' },
            baseline: { value: 'middle' }, text: { field: 'share' }, fill: { value: 'var(--muted)' }, fontSize: { value: 12 } } } },
        ],
      }),
    };
  }

  function controls() {
    const there = endings.filter((ending, i) => data.bars.some((bar) => bar[4] === i));
    return element('div', { class: 'controls' }, there.map((ending) => {
      const key = element('span', { class: 'key' }, element('i', {}), ' ' + ending.text + (ending.mark ? ' ×' : ''));
      key.firstChild.style.background = ending.colour;
      return key;
    }));
  }

  return {
    name: 'timeline',
    title: 'What ran where',
    about: `A row for each of ${plural(data.lanes.length, 'trainer')}, the share of the time that it was busy at its right` +
      (share === null ? '' : ` (${Math.round(100 * share)} % together)`) + '. ' +
      (lost > 0 ? `${plural(lost, 'attempt')} lost. ` : 'No attempt was lost. ') + (cut > 0 ? `${plural(cut, 'attempt')} cut off when a run ended. ` : '') +
      (data.of > data.bars.length ? 'Short ones that follow one another are drawn as one.' : ''),
    absent: data.bars.length === 0 || !(data.span_s > 0),
    controls, make,
  };
})());
vega.expressionFunction('clockLabel', (value, span) => (span < 10 ? figureRate(value) + ' s' : figureDuration(value)));
