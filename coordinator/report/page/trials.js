// trials.js - every trial of the study, out of its columns.

const trials = (() => {
  const columns = part('trials');
  // A row of a text is the number of its template and what its holes hold (templates.h).
  const unfold = (texts) => texts.rows.map((row) => {
    const [template, ...numbers] = row.split(' ');
    let next = 0;
    return texts.templates[Number(template)].replace(/\x01/g, () => numbers[next++]);
  });
  const words = unfold(columns.words), messages = unfold(columns.message);
  const names = Object.keys(columns.params);
  const rows = columns.id.map((id, i) => ({
    id,
    state: columns.states[columns.state[i]],
    verdict: columns.verdicts[columns.verdict[i]],
    bracket: columns.bracket[i],
    rung: columns.rung[i],
    parent: columns.parent[i],
    repeat: columns.repeat[i] === 1,
    step: columns.step[i],
    epochs: columns.epochs[i],
    lr: columns.lr[i],
    schedule: columns.schedules[columns.schedule[i]],
    metric: columns.metric[i],
    final: columns.final[i],
    // What it is ranked by and drawn at.
    value: columns.final[i] !== null ? columns.final[i] : columns.metric[i],
    seed: columns.seed[i],
    attempts: columns.attempts[i],
    took_s: columns.took_ms[i] === null ? null : columns.took_ms[i] / 1000,
    words: words[i],
    message: messages[i],
    params: Object.fromEntries(names.map((name) => [name, columns.params[name][i]])
      .filter(([, value]) => value !== undefined && value !== null)),
  }));
  const byId = new Map(rows.map((row) => [row.id, row]));
  return {
    rows,
    byId: (id) => byId.get(id),
    ranked: columns.order.map((id) => byId.get(id)), // best first, without repeats
    parameters: names,
    schedules: columns.schedules,
    verdicts: columns.verdicts,
  };
})();

// A study of a user's own trainer may search no rate.
const searchesRate = trials.rows.some((trial) => trial.lr !== null);
const candidateText = (trial) => (trial.lr === null ? trial.words : `lr ${figureRate(trial.lr)}, ${trial.words}`);

// How far a trial was at a step: in epochs where budgets are, else in steps. Batches, and so the
// steps of an epoch, may differ from trial to trial.
const inEpochs = study.unit === 'epochs' && trials.rows.every((trial) => trial.step === 0 || trial.epochs > 0);
const progressOf = (trial, step) => (!inEpochs ? step : trial.step > 0 ? step * trial.epochs / trial.step : 0);
const progressUnit = inEpochs ? 'epochs' : 'steps';

// Losses above the ceiling tell nothing more.
const curveData = part('curves');
const lossCeiling = curveData.ceiling === null ? Infinity : curveData.ceiling;
const metricCeiling = study.metric.endsWith('_loss') ? lossCeiling : Infinity;

// At most `most` of the ranked trials for which `fits`, as the report chooses its curves: the best
// quarter, five of every verdict, the rest evenly over the ranks. `note` says so where not all are.
function sampleTrials(most, fits) {
  const all = trials.ranked.filter(fits);
  if (all.length <= most) return { trials: all, note: '' };
  const chosen = new Set(), seen = {};
  all.slice(0, most / 4).forEach((trial) => chosen.add(trial));
  all.forEach((trial) => {
    seen[trial.verdict] = (seen[trial.verdict] || 0) + 1;
    if (seen[trial.verdict] <= 5) chosen.add(trial);
  });
  const left = most - chosen.size;
  for (let i = 0; i < left; i++) chosen.add(all[Math.floor(i * all.length / left)]);
  return { trials: all.filter((trial) => chosen.has(trial)), note: sampleText(chosen.size, all.length) };
}

function sampleText(drawn, of) {
  return drawn < of
    ? ` ${figureCount(drawn)} of ${figureCount(of)} candidates are drawn: the best, some of every ` +
      'verdict, and the others evenly by rank.'
    : '';
}
