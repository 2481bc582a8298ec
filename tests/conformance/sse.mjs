// The distinct connections mode of graphql-sse: by plain requests, and by its client. Prints one JSON line.
import assert from 'node:assert/strict';
import { createClient } from 'graphql-sse';
import { ask, makeDeal, rename } from './business.mjs';
import { check, conclude } from './checks.mjs';
import { logIn, url } from './session.mjs';

const VIEWER = '{ viewer { login } }';
const EVENTS = 'text/event-stream';
const cookie = await logIn();

const post = (query, headers = {}, who = cookie) =>
  fetch(url, {
    method: 'POST',
    headers: { 'content-type': 'application/json', accept: EVENTS, ...(who ? { cookie: who } : {}), ...headers },
    body: JSON.stringify({ query }),
  });

/** The events of a stream, as [kind, data]; comments as [':']. */
async function* events(response) {
  let text = '';
  for await (const chunk of response.body.pipeThrough(new TextDecoderStream())) {
    text += chunk;
    for (let end = text.indexOf('\n\n'); end >= 0; end = text.indexOf('\n\n')) {
      const lines = text.slice(0, end).split('\n');
      text = text.slice(end + 2);
      const field = (name) => lines.find((line) => line.startsWith(`${name}:`))?.slice(name.length + 1).trim();
      yield lines[0].startsWith(':') ? [':'] : [field('event'), field('data') ? JSON.parse(field('data')) : null];
    }
  }
}
const all = async (response) => {
  const found = [];
  for await (const event of events(response)) if (event[0] !== ':') found.push(event);
  return found;
};

await check('the answer is a stream of events', async () => {
  const response = await post(VIEWER);
  assert.deepEqual([response.status, response.headers.get('content-type')], [200, EVENTS]);
  assert.equal(response.headers.get('cache-control'), 'no-store');
  await response.body.cancel();
});
await check('a query is next and complete', async () => {
  const answer = { data: { viewer: { login: process.env.SHPUNT_LOGIN } } };
  assert.deepEqual(await all(await post(VIEWER)), [['next', answer], ['complete', null]]);
});
await check('a query by GET', async () => {
  const response = await fetch(`${url}?query=${encodeURIComponent(VIEWER)}`, { headers: { accept: EVENTS, cookie } });
  assert.deepEqual((await all(response)).map(([kind]) => kind), ['next', 'complete']);
});
await check('a mutation by GET is refused', async () => {
  const query = encodeURIComponent('mutation { sessionDelete { userErrors { code } } }');
  assert.equal((await fetch(`${url}?query=${query}`, { headers: { accept: EVENTS, cookie } })).status, 405);
});
await check('a validation error is in the stream', async () => {
  const [[kind, { errors, data }], [last]] = await all(await post('{ nowhere }'));
  assert.deepEqual([kind, errors[0].extensions.code, data, last], ['next', 'GRAPHQL_VALIDATION_FAILED', undefined, 'complete']);
});
await check('a malformed request is refused by its status', async () => assert.equal((await post(1)).status, 400));
await check('a body that is not JSON by its content type is refused', async () => assert.equal((await post(VIEWER, { 'content-type': 'text/plain' })).status, 415));
await check('without a session nothing is told', async () => {
  const [[, { errors }], [last]] = await all(await post('subscription { dealChanged { consistencyToken } }', {}, ''));
  assert.deepEqual([errors[0].extensions.code, last], ['UNAUTHENTICATED', 'complete']);
});
await check('a page of another site is refused', async () => assert.equal((await post(VIEWER, { origin: 'http://evil.example' })).status, 403));
await check('a subscription needs a stream', async () => {
  const response = await post('subscription { dealChanged { consistencyToken } }', { accept: 'application/graphql-response+json' });
  assert.equal(response.status, 406);
});
await check('who accepts everything gets one answer for a query', async () => {
  const response = await post(VIEWER, { accept: 'application/graphql-response+json, application/json, text/event-stream' });
  assert.match(response.headers.get('content-type'), /^application\/graphql-response\+json/);
});

// Changes, from the database through the change stream.
const deal = await makeDeal(cookie, 'sse', '7701000012');
const changed = `subscription { dealChanged(id: "${deal}") { deal { title } } }`;
await check('a change is an event', async () => {
  const response = await post(changed);
  let title = null;
  void rename(cookie, deal, 'one');
  for await (const [kind, data] of events(response)) {
    if (kind === 'next') title = data.data.dealChanged.deal.title;
    if (title === 'one') break;
  }
  assert.equal(title, 'one');
});
await check('a session that ends ends the stream', async () => {
  const short = await logIn();
  const response = await post(changed, {}, short);
  await ask(short, 'mutation { sessionDelete { userErrors { code } } }');
  const found = await all(response);
  assert.deepEqual([found.at(-2)[1].errors[0].extensions.code, found.at(-1)[0]], ['UNAUTHENTICATED', 'complete']);
});
await check('an idle stream is kept alive by comments', async () => {
  const response = await post('subscription { dealChanged(id: "deal_404") { consistencyToken } }');
  for await (const [kind] of events(response)) {
    assert.equal(kind, ':');
    break;
  }
});

// The client of graphql-sse.
const client = createClient({ url, headers: { cookie }, retryAttempts: 0 });
await check('client: a query', async () => {
  const { value } = await client.iterate({ query: VIEWER }).next();
  assert.equal(value.data.viewer.login, process.env.SHPUNT_LOGIN);
});
await check('client: an error reaches it', async () => {
  const { value } = await client.iterate({ query: '{ nowhere }' }).next();
  assert.equal(value.errors[0].extensions.code, 'GRAPHQL_VALIDATION_FAILED');
});
await check('client: changes, as an iterator', async () => {
  const changes = client.iterate({ query: changed });
  let answer;
  void changes.next().then(({ value }) => (answer = value));
  for (let n = 0; !answer; n += 1) await rename(cookie, deal, `client ${n}`);
  assert.ok(answer.data.dealChanged.deal.title);
  await changes.return();
});
client.dispose();

conclude();
