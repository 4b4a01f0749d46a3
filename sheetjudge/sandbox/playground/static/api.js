/** What the page asks the local Google for. */

/** @type {{book: string, token: string, email: string, project: string[], manifest: any}} */
export const settings = JSON.parse(document.body.dataset.settings);
delete document.body.dataset.settings;

const LOGIN_MINUTES = 50;
let login = { token: '', until: 0 };

async function answered(response) {
  const answer = await response.json().catch(() => ({}));
  if (!response.ok) throw new Error(answer.error?.message || `The local Google answered ${response.status}.`);
  return answer;
}

/** One of the playground's own calls. */
export async function ask(name, body) {
  const headers = { 'X-Playground-Token': settings.token, 'Content-Type': 'application/json' };
  return answered(await fetch(`/playground/api/${name}`, { method: 'POST', headers, body: JSON.stringify(body) }));
}

/** An access token of the person before the page. */
export async function accessToken() {
  if (Date.now() > login.until) {
    const { access_token: token } = await ask('login', {});
    login = { token, until: Date.now() + LOGIN_MINUTES * 60000 };
  }
  return login.token;
}

/** One call of the Sheets API on this spreadsheet. */
export async function sheets(method, path, body) {
  const headers = { Authorization: `Bearer ${await accessToken()}`, 'Content-Type': 'application/json' };
  const address = `/v4/spreadsheets/${settings.book}${path}`;
  return answered(await fetch(address, { method, headers, body: body && JSON.stringify(body) }));
}

/** Changes of the spreadsheet, by requests of batchUpdate. */
export async function change(...requests) {
  return (await sheets('POST', ':batchUpdate', { requests })).replies;
}
