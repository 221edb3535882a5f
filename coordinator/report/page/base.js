// base.js - what every view uses: the data, numbers as the terminal writes them, elements.
'use strict';

const part = (name) => JSON.parse(document.getElementById('data-' + name).textContent);
const study = part('study');

// --- numbers ---

// As C's printf writes "%.4g" and, with `zeros`, "%#.4g"; "–" for what is not known.
function general(value, zeros, digits = 4) {
  if (value === null || value === undefined || !isFinite(value)) return '–';
  if (value === 0) return zeros ? '0.000' : '0';
  const exponent = Number(value.toExponential(digits - 1).split('e')[1]);
  let text;
  if (exponent < -4 || exponent >= digits) {
    const [mantissa, power] = value.toExponential(digits - 1).split('e');
    const shown = zeros ? mantissa : mantissa.replace(/\.?0+$/, '');
    const size = Math.abs(Number(power));
    text = shown + 'e' + (power[0] === '-' ? '-' : '+') + (size < 10 ? '0' : '') + size;
  } else {
    text = value.toFixed(digits - 1 - exponent);
    if (!zeros && text.includes('.')) text = text.replace(/\.?0+$/, '');
  }
  return text;
}
const figureMetric = (value) => general(value, true);
const figureRate = (value) => general(value, false);
const figureError = (value) => general(value, true, 2); // more digits would be noise

function figureCount(value) {
  return value === null || !isFinite(value) ? '–' : String(value).replace(/\B(?=(\d{3})+$)/g, ',');
}

function figureDuration(seconds) {
  if (!(seconds >= 0)) return '?';
  const whole = Math.round(seconds);
  const two = (value) => String(value).padStart(2, '0');
  const days = Math.floor(whole / 86400), hours = Math.floor(whole / 3600) % 24;
  const minutes = Math.floor(whole / 60) % 60;
  if (days > 0) return `${days} d ${two(hours)}:${two(minutes)}`;
  if (hours > 0) return `${hours}:${two(minutes)}:${two(whole % 60)}`;
  return `${minutes}:${two(whole % 60)}`;
}

function figureBudget(budget, unit) {
  return figureRate(budget) + ' ' + (budget === 1 ? unit.replace(/s$/, '') : unit);
}

const plural = (count, noun) => `${figureCount(count)} ${noun}${count === 1 ? '' : 's'}`;

// --- elements: a text is only ever a text ---

function element(name, attributes, ...children) {
  const made = document.createElement(name);
  for (const [key, value] of Object.entries(attributes || {})) {
    if (key.startsWith('on')) made.addEventListener(key.slice(2), value);
    else if (value === true) made.setAttribute(key, '');
    else if (value !== false && value !== null && value !== undefined) made.setAttribute(key, value);
  }
  made.append(...children.flat().filter((child) => child !== null && child !== undefined));
  return made;
}

function svgElement(name, attributes, ...children) {
  const made = document.createElementNS('http://www.w3.org/2000/svg', name);
  for (const [key, value] of Object.entries(attributes)) made.setAttribute(key, value);
  made.append(...children);
  return made;
}

// --- what a verdict looks like: a colour of Okabe and Ito, a shape and a dash ---

const cross = 'M-1,-0.35H-0.35V-1H0.35V-0.35H1V0.35H0.35V1H-0.35V0.35H-1Z';
const saltire = 'M-0.55,-1L0,-0.45L0.55,-1L1,-0.55L0.45,0L1,0.55L0.55,1L0,0.45L-0.55,1L-1,0.55L-0.45,0' +
  'L-1,-0.55Z';
const circle = 'M0.8,0A0.8,0.8,0,1,1,-0.8,0A0.8,0.8,0,1,1,0.8,0Z';
const looks = {
  healthy: { shape: circle, dash: [] },
  slow: { shape: 'M-0.95,-0.75H0.95L0,0.95Z', dash: [7, 3] },
  plateaued: { shape: 'M-0.75,-0.75H0.75V0.75H-0.75Z', dash: [2, 2] },
  overfitting: { shape: 'M0,-1.05L0.85,0L0,1.05L-0.85,0Z', dash: [8, 3, 2, 3] },
  oscillating: { shape: 'M-0.75,-0.95L0.95,0L-0.75,0.95Z', dash: [4, 2] },
  erratic: { shape: 'M-0.95,0.75H0.95L0,-0.95Z', dash: [5, 2, 1, 2] },
  diverged: { shape: saltire, dash: [3, 3] },
  collapsed: { shape: cross, dash: [1, 2] },
  '': { shape: circle, dash: [] },
};
const lookOf = (verdict) => looks[verdict] || looks[''];
const colourOf = (verdict) => `var(--v-${looks[verdict] && verdict ? verdict : 'none'})`;
const verdictText = (verdict) => verdict || 'no verdict';

function verdictSymbol(verdict) {
  return svgElement('svg', { viewBox: '-1.2 -1.2 2.4 2.4', class: 'symbol', 'aria-hidden': 'true' },
    svgElement('path', { d: lookOf(verdict).shape, fill: colourOf(verdict) }));
}

// The same with the dash of its curves.
function verdictSample(verdict) {
  const dash = lookOf(verdict).dash.join(' ');
  return svgElement('svg', { viewBox: '0 0 34 12', class: 'sample', 'aria-hidden': 'true' },
    svgElement('path', { d: 'M0,6H34', stroke: colourOf(verdict), 'stroke-width': '2', 'stroke-dasharray': dash }),
    svgElement('path', { d: lookOf(verdict).shape, fill: colourOf(verdict), transform: 'translate(17 6) scale(5)' }));
}
