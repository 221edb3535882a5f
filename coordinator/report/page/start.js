// start.js - puts the page together.

// What is picked, said at the foot of the window, with the way on and the way back.
function fillBar() {
  const bar = document.getElementById('bar');
  selection.listen(() => {
    const trial = selection.picked() === null ? undefined : trials.byId(selection.picked());
    bar.hidden = !trial;
    if (!trial) return;
    const button = (text, action) => element('button', { type: 'button', onclick: action }, text);
    bar.replaceChildren(
      element('span', { class: 'what' }, verdictSymbol(trial.verdict), element('strong', {}, ` Trial ${trial.id} `),
        `${candidateText(trial)}: ` +
        [trial.state, trial.verdict, trial.value !== null ? `${study.metric} ${figureMetric(trial.value)}` : ''].filter((word, i, all) => word && all.indexOf(word) === i).join(', ')),
      element('span', { class: 'actions' }, button('‹ Better', () => selection.move(-1)), button('Worse ›', () => selection.move(1)),
        button('Show all', () => selection.clear())));
  });
}

function keys(event) {
  const by = { ArrowRight: 1, ArrowDown: 1, ArrowLeft: -1, ArrowUp: -1 }[event.key];
  if (by) {
    event.preventDefault();
    selection.move(by);
  }
}

function figure(entry) {
  const id = 'chart-' + entry.name;
  const chart = element('div', { class: 'scroll' }, element('div', { id, class: 'chart', tabindex: '0', role: 'img', onkeydown: keys,
    'aria-label': `${entry.title}. ${entry.about} Arrow keys go from trial to trial, Escape shows all.` }));
  return element('section', { class: entry.wide ? 'figure wide' : 'figure', 'aria-labelledby': id + '-title' },
    element('h2', { id: id + '-title' }, entry.title), element('p', { class: 'about' }, entry.about),
    entry.controls ? entry.controls() : null, chart);
}

function fillStudy() {
  document.getElementById('study').append(element('h2', { id: 'study-title' }, 'The study'),
    element('p', { class: 'about' }, 'As it was trained, every default written out: a study file that lrsweep run takes.'),
    element('details', {}, element('summary', {}, 'Study file'), element('pre', { tabindex: '0' }, study.file)));
  document.getElementById('versions').textContent = `Written by lrsweep ${study.lrsweep}` +
    (study.made_by && study.made_by !== study.lrsweep ? `; the study was begun with ${study.made_by}` : '') + `. Seed ${study.seed}.`;
}

function start() {
  const order = ['losses', 'rates', 'rungs', 'parameters', 'schedules', 'range', 'timeline'];
  views.sort((a, b) => order.indexOf(a.name) - order.indexOf(b.name));
  const there = views.filter((entry) => !entry.absent);
  // Two narrow figures stand beside one another; one without the other is wide.
  const neighbours = { rates: 'rungs', rungs: 'rates', schedules: 'range', range: 'schedules' };
  there.forEach((entry) => { entry.wide = !there.some((other) => other.name === neighbours[entry.name]); });
  fillHead();
  fillRecommendation();
  fillVerdicts();
  document.getElementById('figures').append(...there.map(figure));
  table.fill();
  fillStudy();
  fillBar();
  redraw();
  let waiting = 0;
  new ResizeObserver(() => {
    clearTimeout(waiting);
    waiting = setTimeout(() => redraw(), 120);
  }).observe(document.getElementById('figures'));
}

document.addEventListener('keydown', (event) => { if (event.key === 'Escape') selection.clear(); });
start();
