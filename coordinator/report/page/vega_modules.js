// Vega comes as modules that require one another. In a page without a module loader they would look
// for one another in a global object that some of them replace; here they get what they require.
'use strict';
const vegaModules = {};
let vega;

function vegaModule(name, define) {
  const module = { exports: {} };
  define(module.exports, module, (required) => vegaModules[required]);
  vegaModules[name] = module.exports;
}

// What the page uses of them, and the transforms where a specification's names are looked up.
function vegaLink() {
  Object.assign(vegaModules['vega-dataflow'].transforms, vegaModules['vega-transforms'],
    vegaModules['vega-view-transforms'], vegaModules['vega-encode']);
  vega = {
    parse: vegaModules['vega-parser'].parse,
    View: vegaModules['vega-view'].View,
    expressionFunction: vegaModules['vega-functions'].expressionFunction,
    interpreter: vegaModules['vega-interpreter'].expressionInterpreter,
  };
}
