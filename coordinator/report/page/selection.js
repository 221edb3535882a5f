// selection.js - which trials are shown, picked and pointed at: one state for all views.

const selection = (() => {
  const hidden = new Set(); // verdicts
  const brushes = new Map(); // name to a test of a trial
  const listeners = [];
  let picked = null, pointed = null, text = '', frame = 0;

  // Views are told once a frame, however much moves in it.
  function changed() {
    if (frame) return;
    frame = requestAnimationFrame(() => {
      frame = 0;
      listeners.forEach((listener) => listener());
    });
  }

  function matches(trial) {
    if (!text) return true;
    const all = `${trial.id} ${trial.state} ${trial.verdict} ${trial.words} ${trial.message}`.toLowerCase();
    return text.split(/\s+/).every((word) => all.includes(word));
  }

  // Not hidden by a verdict, a brush or the filter's text.
  function shown(trial) {
    if (hidden.has(trial.verdict) || !matches(trial)) return false;
    for (const test of brushes.values()) if (!test(trial)) return false;
    return true;
  }

  return {
    shown,
    shownId: (id) => trials.byId(id) !== undefined && shown(trials.byId(id)),
    picked: () => picked,
    focus: () => (pointed !== null ? pointed : picked),
    isHidden: (verdict) => hidden.has(verdict),
    isBrushed: (name) => brushes.has(name),
    listen: (listener) => listeners.push(listener),
    narrowed: () => hidden.size > 0 || brushes.size > 0 || text !== '' || picked !== null,
    pick(id) {
      picked = id === picked ? null : id;
      changed();
    },
    point(id) {
      if (id === pointed) return;
      pointed = id;
      changed();
    },
    // To the next trial by rank among those that are shown.
    move(by) {
      const order = trials.ranked.filter(shown);
      if (order.length === 0) return;
      const at = order.findIndex((trial) => trial.id === picked);
      const next = at < 0 ? (by > 0 ? 0 : order.length - 1) : Math.min(Math.max(at + by, 0), order.length - 1);
      picked = order[next].id;
      changed();
    },
    toggle(verdict) {
      if (!hidden.delete(verdict)) hidden.add(verdict);
      changed();
    },
    brush(name, test) {
      if (test) brushes.set(name, test);
      else brushes.delete(name);
      changed();
    },
    search(found) {
      text = found.trim().toLowerCase();
      changed();
    },
    clear() {
      hidden.clear();
      brushes.clear();
      text = '';
      picked = null;
      changed();
    },
  };
})();
