'use strict';
/** HtmlService: pages, and templates whose scriptlets are <?!= include('name') ?>. */
(() => {
  const { playground } = self;
  const { Exception, service } = playground;
  const Wire = XMLHttpRequest;
  const SCRIPTLET = /<\?([\s\S]*?)\?>/g;
  const INCLUDE = /^!=\s*include\(\s*(['"])([^'"]+)\1\s*\)\s*;?\s*$/;

  const fileText = (name) => {
    const wire = new Wire();
    const path = `${name.replace(/\.html$/, '')}.html`;
    wire.open('GET', `/playground/script/${path.split('/').map(encodeURIComponent).join('/')}`, false);
    wire.send();
    if (wire.status !== 200) throw new Exception(`No HTML file named ${name} was found.`);
    return wire.responseText;
  };

  const outputOf = (html) => {
    let title = '';
    let content = html;
    const output = service('HtmlOutput', {
      getContent: () => content,
      getTitle: () => title,
      setTitle(text) {
        title = String(text);
        return output;
      },
      setWidth: () => output, // a sidebar's width is fixed
      setHeight: () => output,
      append(more) {
        content += more;
        return output;
      },
    });
    return output;
  };

  const evaluated = (html) =>
    html.replace(SCRIPTLET, (whole, inside) => {
      const found = INCLUDE.exec(inside);
      if (!found) return playground.notBuilt(`The scriptlet ${whole.slice(0, 80)}`);
      return self.include(found[2]);
    });

  self.HtmlService = service('HtmlService', {
    createHtmlOutput: (html = '') => outputOf(String(html)),
    createHtmlOutputFromFile: (name) => outputOf(fileText(name)),
    createTemplateFromFile(name) {
      const html = fileText(name);
      return service('HtmlTemplate', { evaluate: () => outputOf(evaluated(html)), getRawContent: () => html });
    },
  });
})();
