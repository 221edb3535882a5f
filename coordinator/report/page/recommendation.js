// recommendation.js - the head of the page, what is recommended, and the verdicts' tallies.

function statusText() {
  if (study.unattended) return 'died before its end';
  return study.status || 'unknown';
}

function fillHead() {
  const facts = [
    plural(trials.ranked.length, 'candidate'),
    study.trainers ? plural(study.trainers, 'trainer') : null,
    study.wall_s !== null ? 'took ' + figureDuration(study.wall_s) : null,
    study.epochs_trained !== null && study.epochs_trained > 0 ? figureRate(study.epochs_trained) + ' epochs trained'
      : study.steps_trained > 0 ? plural(study.steps_trained, 'step') + ' trained' : null,
    study.created ? new Date(study.created * 1000).toISOString().slice(0, 16).replace('T', ' ') + ' UTC' : null,
  ].filter(Boolean);
  document.getElementById('head').append(
    element('p', { class: 'kind' }, 'lrsweep report'),
    element('h1', {}, study.name || 'a study'),
    element('p', { class: 'facts' }, element('span', { class: 'status ' + (study.status === 'finished' ? 'done' : 'open') }, statusText()),
      ...facts.map((fact) => element('span', {}, fact))));
}

// "after 9 epochs (7,029 steps)"
function lengthText(steps, epochs) {
  return epochs === null || !isFinite(epochs) ? `after ${plural(steps, 'step')}`
    : `after ${figureBudget(epochs, 'epochs')} (${plural(steps, 'step')})`;
}

function fact(term, value, note) {
  return element('div', {}, element('dt', {}, term), element('dd', {}, value, note ? element('small', {}, note) : null));
}

function bestFacts() {
  const best = study.best;
  const finalist = study.finalists.find((entry) => entry.trial === best.trial);
  const facts = [fact(study.metric + (study.metric === 'train_loss' ? '' : ', validation set'), figureMetric(best.value), lengthText(best.step, best.epochs))];
  if (finalist && finalist.mean !== null)
    facts.push(fact('with fresh seeds', figureMetric(finalist.mean) + (finalist.standard_error !== null ? ' ± ' + figureError(finalist.standard_error) : ''),
      `mean of ${plural(finalist.repeats, 'repeat')} and its standard error` + (finalist.lost > 0 ? `; ${finalist.lost} lost` : '')));
  if (study.test_accuracy !== null)
    facts.push(study.classes > 0 ? fact('test accuracy', (100 * study.test_accuracy).toFixed(2) + ' %', study.test_loss !== null ? 'test loss ' + figureMetric(study.test_loss) : null)
      : fact('test R²', study.test_accuracy.toFixed(4), study.test_loss !== null ? 'test loss ' + figureMetric(study.test_loss) : null));
  const stable = study.stable;
  if (stable.lowest_useful !== null && stable.top > stable.lowest_useful)
    facts.push(fact('rates that learn', `${figureRate(stable.lowest_useful)} to ${figureRate(stable.top)}`,
      stable.edge !== null ? 'divergence from ' + figureRate(stable.edge) + ' up' : 'none diverged'));
  return element('dl', { class: 'cards' }, facts);
}

// Each repeat as a dot, the mean and its error below: finalists side by side.
function finalistRows() {
  if (study.finalists.length === 0) return null;
  const all = study.finalists.flatMap((entry) => entry.values.filter((value) => value !== null));
  const low = Math.min(...all), high = Math.max(...all), wide = high - low || 1;
  const place = (value) => (4 + 92 * (value - low) / wide).toFixed(2) + '%';
  const dots = (entry) => {
    const strip = element('span', { class: 'strip', 'aria-hidden': 'true' });
    if (entry.mean !== null) {
      const mean = element('b', {});
      mean.style.left = place(entry.mean);
      strip.append(mean);
    }
    entry.values.filter((value) => value !== null).forEach((value) => {
      const dot = element('i', {});
      dot.style.left = place(value);
      strip.append(dot);
    });
    return strip;
  };
  const note = (entry) => (entry.lost > 0 ? `${entry.lost} diverged or failed` : study.best && entry.trial === study.best.trial ? 'recommended'
    : entry.tied ? 'tied within the error' : '');
  return element('div', { class: 'scroll', tabindex: '0', role: 'region', 'aria-label': 'Finalists' }, element('table', { class: 'finalists' },
    element('caption', {}, `Finalists, trained again with fresh seeds: ${study.metric}`),
    element('thead', {}, element('tr', {}, ['trial', ...(searchesRate ? ['lr'] : []), 'schedule', 'mean', 'error', 'repeats', 'standing'].map((head) => element('th', { scope: 'col' }, head)))),
    element('tbody', {}, study.finalists.map((entry) => {
      const trial = trials.byId(entry.trial);
      return element('tr', { class: study.best && entry.trial === study.best.trial ? 'best' : null },
        element('td', { class: 'number' }, String(entry.trial)), searchesRate ? element('td', { class: 'number' }, trial ? figureRate(trial.lr) : '–') : null,
        element('td', {}, trial ? trial.words : ''), element('td', { class: 'number' }, figureMetric(entry.mean)),
        element('td', { class: 'number' }, entry.standard_error !== null ? '± ' + figureError(entry.standard_error) : '–'),
        element('td', {}, dots(entry)), element('td', {}, note(entry)));
    }))));
}

function fillRecommendation() {
  const best = study.best;
  const hasSchedule = best && trials.byId(best.trial).schedule; // not with a user's own trainer
  const section = document.getElementById('recommendation');
  const lead = [];
  if (best) {
    lead.push(element('h2', { id: 'recommendation-title' }, study.status === 'finished' ? 'Recommended' : 'Best so far'),
      element('p', { class: 'lead' }, 'Train with ', searchesRate ? ['learning rate ', element('strong', {}, best.rate), hasSchedule ? ' and schedule ' : ', '] : null,
        element('strong', {}, best.words), '. ', element('button', { type: 'button', class: 'link', onclick: () => selection.pick(best.trial) }, `Trial ${best.trial}`)),
      bestFacts(), finalistRows());
  } else {
    lead.push(element('h2', { id: 'recommendation-title' }, study.range_test ? 'A range test' : study.status === 'finished' ? 'No candidate survived' : 'Nothing to recommend yet'),
      element('p', { class: 'lead small' }, study.range_test ? 'The rate of each trial grows from step to step, so none of them is recommended.'
        : study.status === 'finished' ? nothingText() : 'No candidate has reached a value yet.'));
  }
  if (study.rates.trim()) lead.push(element('p', { class: 'words' }, study.rates.trim()));
  if (study.closed) lead.push(element('p', { class: 'words' }, `search.${study.closed} ended the search before all candidates were through.`));
  section.append(...lead.filter(Boolean));
}

function nothingText() {
  const count = (state) => trials.ranked.filter((trial) => trial.state === state).length;
  const advice = study.stable.lost === 0 ? 'Their trainers were lost; the sentences in the table say why.'
    : study.stable.highest_stable === null ? 'Even the lowest rate was too large: search lower ones.'
      : `No rate lasted to the full budget; the highest that did not diverge was ${figureRate(study.stable.highest_stable)}.`;
  return `${figureCount(count('diverged'))} diverged, ${figureCount(count('failed'))} failed. ${advice}`;
}

// What became of the candidates: the key to all figures, and what shows and hides.
function fillVerdicts() {
  const node = document.getElementById('verdicts');
  const counts = new Map();
  trials.ranked.forEach((trial) => counts.set(trial.verdict, (counts.get(trial.verdict) || 0) + 1));
  const buttons = trials.verdicts.filter((verdict) => counts.has(verdict)).sort((a, b) => (a === '') - (b === '')).map((verdict) => ({
    verdict,
    node: element('button', { type: 'button', class: 'verdict', 'aria-pressed': 'true', onclick: () => selection.toggle(verdict) },
      verdictSample(verdict), element('span', {}, verdictText(verdict)), element('span', { class: 'count' }, figureCount(counts.get(verdict)))),
  }));
  const all = element('button', { type: 'button', class: 'clear', hidden: true, onclick: () => selection.clear() }, 'Show all');
  node.append(...buttons.map((button) => button.node), all);
  selection.listen(() => {
    buttons.forEach((button) => button.node.setAttribute('aria-pressed', String(!selection.isHidden(button.verdict))));
    all.hidden = !selection.narrowed();
  });
}
