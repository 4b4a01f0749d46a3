'use strict';
/** UrlFetchApp, which goes through the local Google's relay. */
(() => {
  const { playground } = self;
  const { Exception, service } = playground;
  const SHOWN = 100;
  const KNOWN = ['method', 'headers', 'contentType', 'payload', 'muteHttpExceptions', 'followRedirects', 'validateHttpsCertificates'];
  const METHODS = ['get', 'delete', 'patch', 'post', 'put'];

  const formText = (fields) =>
    Object.entries(fields)
      .map(([name, value]) => `${encodeURIComponent(name)}=${encodeURIComponent(String(value))}`)
      .join('&');

  const responseOf = ({ status, headers, body }) => {
    const bytes = () => playground.fromBase64(body);
    return service('HTTPResponse', {
      getResponseCode: () => status,
      getContentText: () => playground.textOf(bytes()),
      getContent: bytes,
      getHeaders: () => Object.fromEntries(headers),
    });
  };

  const fetched = (url, options) => {
    const unknown = Object.keys(options).find((name) => !KNOWN.includes(name));
    if (unknown) playground.notBuilt(`UrlFetchApp.fetch with ${unknown}`);
    const method = String(options.method || (options.payload === undefined ? 'get' : 'post')).toLowerCase();
    if (!METHODS.includes(method)) throw new Exception(`Attribute provided with invalid value: method`);
    const headers = { 'User-Agent': 'Mozilla/5.0 (compatible; Google-Apps-Script)', ...options.headers };
    let payload = null;
    if (options.payload !== undefined && options.payload !== null) {
      const isText = typeof options.payload === 'string';
      headers['Content-Type'] = options.contentType || 'application/x-www-form-urlencoded';
      payload = playground.toBase64(playground.bytesOf(isText ? options.payload : formText(options.payload)));
    }
    return playground.ask('fetch', { url, method, headers, payload, follow: options.followRedirects !== false });
  };

  const fetch = (url, options = {}) => {
    playground.needScope('UrlFetchApp.fetch', 'script.external_request');
    const response = responseOf(fetched(String(url), options));
    const code = response.getResponseCode();
    if (code >= 400 && !options.muteHttpExceptions) {
      const said = response.getContentText().slice(0, SHOWN);
      const host = /^[a-z]+:\/\/[^/?#]*/i.exec(url)?.[0] || url;
      throw new Exception(`Request failed for ${host} returned code ${code}. Truncated server response: ${said} (use muteHttpExceptions option to examine full response)`);
    }
    return response;
  };

  self.UrlFetchApp = service('UrlFetchApp', {
    fetch,
    fetchAll: (requests) => requests.map((one) => (typeof one === 'string' ? fetch(one) : fetch(one.url, (({ url, ...rest }) => rest)(one)))),
  });
})();
