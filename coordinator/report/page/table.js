// table.js - every trial, sortable and filtered as the figures are.

const table = (() => {
  const page = 50;
  const columns = [
    { name: 'trial', kind: 'id', number: true, of: (trial) => trial.id, text: (trial) => String(trial.id) },
    ...(searchesRate ? [{ name: 'lr', kind: 'rate', number: true, of: (trial) => trial.lr, text: (trial) => figureRate(trial.lr), exact: (trial) => trial.lr }] : []),
    { name: trials.schedules.some(Boolean) ? 'schedule' : 'parameters', kind: 'words', of: (trial) => trial.words, text: (trial) => trial.words },
    { name: 'state', kind: 'state', of: (trial) => trial.state, text: (trial) => trial.state + (trial.repeat ? `, repeat of ${trial.parent}` : '') },
    { name: 'verdict', kind: 'verdict', of: (trial) => trial.verdict, text: (trial) => trial.verdict, symbol: true },
    study.steps_per_epoch !== null
      ? { name: 'epochs', kind: 'value', number: true, of: (trial) => trial.epochs, text: (trial) => figureRate(trial.epochs) }
      : { name: 'steps', kind: 'value', number: true, of: (trial) => trial.step, text: (trial) => figureCount(trial.step) },
    { name: 'best', kind: 'value', number: true, of: (trial) => trial.metric, text: (trial) => figureMetric(trial.metric), exact: (trial) => trial.metric },
    { name: 'final', kind: 'value', number: true, of: (trial) => trial.final, text: (trial) => figureMetric(trial.final), exact: (trial) => trial.final },
    { name: 'why it ended so', kind: 'message', of: (trial) => trial.message, text: (trial) => trial.message, sentence: true },
  ];
  const classOf = (column) => `of-${column.kind}` + (column.number ? ' number' : '');
  // As the terminal has them; the repeats of finalists last.
  const inOrder = [...trials.ranked, ...trials.rows.filter((trial) => trial.repeat)];
  let sorted = inOrder, by = null, down = false, at = 0;
  let body, note, pager, heads;

  function sort(column) {
    down = by === column ? !down : false;
    by = column;
    // What is not known comes last, in either direction.
    sorted = inOrder.slice().sort((a, b) => {
      const x = column.of(a), y = column.of(b);
      if (x === null || y === null) return (x === null) - (y === null);
      const order = x < y ? -1 : x > y ? 1 : 0;
      return down ? -order : order;
    });
    at = 0;
    show();
  }

  function row(trial) {
    const best = study.best !== null && trial.id === study.best.trial;
    const picked = selection.picked() === trial.id;
    return element('tr', { class: [best ? 'best' : '', picked ? 'picked' : ''].join(' ').trim() || null, 'data-trial': trial.id,
      onclick: () => { if (!String(window.getSelection())) selection.pick(trial.id); } },
      columns.map((column, i) => {
        const text = column.text(trial);
        const inside = i === 0 ? element('button', { type: 'button', class: 'link', 'aria-pressed': String(picked), 'aria-label': `Pick trial ${text}`,
          onclick: (event) => { event.stopPropagation(); selection.pick(trial.id); } }, text) : text;
        const title = column.exact && column.exact(trial) !== null ? String(column.exact(trial)) : null;
        return element('td', { class: classOf(column) + (column.sentence ? ' sentence' : ''), title },
          column.symbol && text ? [verdictSymbol(text), ' '] : null, inside);
      }));
  }

  // All that is known of a picked trial, numbers in full.
  function detail(trial) {
    const known = [...Object.entries(trial.params), ['steps', figureCount(trial.step)], ['best ' + study.metric, trial.metric],
      ['final ' + study.metric, trial.final], ['seed', trial.seed], ['bracket', trial.bracket + 1], ['rung', trial.rung + 1],
      ['attempts', trial.attempts], ['seconds', trial.took_s], ['branched from', trial.parent]]
      .filter(([, value]) => value !== null && value !== undefined);
    return element('tr', { class: 'detail' }, element('td', { colspan: columns.length },
      element('p', {}, trial.message || 'Nothing was said of it.'),
      element('dl', {}, known.map(([name, value]) => element('div', {}, element('dt', {}, name), element('dd', {}, String(value)))))));
  }

  function show() {
    const shown = sorted.filter(selection.shown);
    const picked = selection.picked();
    const rows = picked !== null ? sorted.filter((trial) => trial.id === picked || (trial.repeat && trial.parent === picked)) : shown;
    at = Math.min(at, Math.max(0, Math.floor((rows.length - 1) / page) * page));
    body.replaceChildren(...rows.slice(at, at + page).flatMap((trial) => (trial.id === picked ? [row(trial), detail(trial)] : [row(trial)])));
    note.textContent = picked !== null ? `Trial ${picked} is picked.` : shown.length < inOrder.length
      ? `${figureCount(shown.length)} of ${plural(inOrder.length, 'trial')} match.` : `${plural(inOrder.length, 'trial')}.`;
    pager.hidden = rows.length <= page;
    pager.querySelector('span').textContent = `${figureCount(at + 1)} to ${figureCount(Math.min(at + page, rows.length))} of ${figureCount(rows.length)}`;
    const [before, after] = pager.querySelectorAll('button');
    before.disabled = at === 0;
    after.disabled = at + page >= rows.length;
    heads.forEach((head, i) => head.setAttribute('aria-sort', by !== columns[i] ? 'none' : down ? 'descending' : 'ascending'));
  }

  function turn(by) {
    at = Math.max(0, at + by * page);
    show();
  }

  function fill() {
    const section = document.getElementById('trials');
    heads = columns.map((column) => element('th', { scope: 'col', class: classOf(column), 'aria-sort': 'none' },
      element('button', { type: 'button', onclick: () => sort(column) }, column.name)));
    body = element('tbody');
    note = element('span', { class: 'note', role: 'status' });
    pager = element('nav', { class: 'pager', 'aria-label': 'Pages of the table' }, element('button', { type: 'button', onclick: () => turn(-1) }, 'Previous'),
      element('span'), element('button', { type: 'button', onclick: () => turn(1) }, 'Next'));
    const search = element('input', { type: 'search', placeholder: 'cosine collapsed …', oninput: (event) => { at = 0; selection.search(event.target.value); } });
    section.append(element('h2', { id: 'trials-title' }, 'All trials'),
      element('p', { class: 'about' }, `By ${study.metric}: “best” is the best value seen, “final” the one at the end of the last rung. ` +
        'The filter narrows the figures too; a click on a row picks its trial everywhere.'),
      element('div', { class: 'controls' }, element('label', {}, 'Filter ', search), note),
      element('div', { class: 'scroll', tabindex: '0', role: 'region', 'aria-label': 'Table of trials' },
        element('table', { class: trials.rows.some((trial) => trial.words.length > 60) ? 'trials wordy' : 'trials' }, element('thead', {}, element('tr', {}, heads)), body)), pager);
    selection.listen(() => {
      if (!selection.narrowed()) search.value = '';
      show();
    });
    show();
  }

  return { fill };
})();
