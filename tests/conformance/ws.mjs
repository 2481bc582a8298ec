// The rules of graphql-transport-ws: by raw frames, and by the client of graphql-ws. Prints one JSON line.
import assert from 'node:assert/strict';
import { createClient } from 'graphql-ws';
import WebSocket from 'ws';
import { ask, makeDeal, rename } from './business.mjs';
import { check, conclude } from './checks.mjs';
import { PROTOCOL, Raw, address } from './raw.mjs';
import { logIn } from './session.mjs';

const VIEWER = '{ viewer { login } }';
const LISTEN = 'subscription { dealChanged { consistencyToken } }';
const cookie = await logIn();
const page = new URL(address).host;

// The opening.
const opening = async (headers, protocols, options) => {
  const raw = new Raw(headers, protocols, options);
  const status = await raw.opened;
  raw.socket.terminate();
  return [status, raw.socket.protocol];
};
await check('the protocol offered is chosen', async () => assert.deepEqual(await opening({ cookie }), [200, PROTOCOL]));
await check('it is chosen among others', async () => assert.deepEqual(await opening({ cookie }, ['soap', PROTOCOL]), [200, PROTOCOL]));
await check('another protocol is refused', async () => assert.equal((await opening({ cookie }, 'graphql-ws'))[0], 400));
await check('no protocol is refused', async () => assert.equal((await opening({ cookie }, []))[0], 400));
await check('another version of WebSocket is refused', async () => assert.equal((await opening({ cookie }, PROTOCOL, { protocolVersion: 8 }))[0], 400));
await check('the own page may open a socket', async () => assert.equal((await opening({ cookie, origin: `http://${page}` }))[0], 200));
await check('a page of another site may not', async () => assert.equal((await opening({ cookie, origin: 'http://evil.example' }))[0], 403));

// What closes a socket.
const closes = (name, code, talk, begun = true) =>
  check(`${code}: ${name}`, async () => {
    const raw = begun ? await Raw.begin(cookie) : new Raw({ cookie });
    await raw.opened;
    talk(raw);
    assert.equal(await raw.closed(), code);
  });
await closes('text that is not JSON', 4400, (raw) => raw.socket.send('hello'));
await closes('JSON that is no object', 4400, (raw) => raw.say([]));
await closes('a message without a type', 4400, (raw) => raw.say({ id: '1' }));
await closes('a type that does not exist', 4400, (raw) => raw.say({ type: 'start', id: '1', payload: { query: VIEWER } }));
await closes('a message only a server sends', 4400, (raw) => raw.say({ type: 'connection_ack' }));
await closes('a binary frame', 4400, (raw) => raw.socket.send(Buffer.from('{"type":"ping"}')));
await closes('subscribe without an id', 4400, (raw) => raw.say({ type: 'subscribe', payload: { query: VIEWER } }));
await closes('subscribe without a payload', 4400, (raw) => raw.say({ type: 'subscribe', id: '1' }));
await closes('subscribe with a query that is no text', 4400, (raw) => raw.subscribe('1', 1));
await closes('subscribe with variables that are no object', 4400, (raw) => raw.subscribe('1', VIEWER, { variables: [] }));
await closes('complete without an id', 4400, (raw) => raw.say({ type: 'complete' }));
await closes('a message of more than 256 KiB', 4400, (raw) => raw.subscribe('1', '#'.repeat(300_000)));
await closes('a payload of connection_init that is no object', 4400, (raw) => raw.say({ type: 'connection_init', payload: 'x' }), false);
await closes('subscribe before connection_init', 4401, (raw) => raw.subscribe('1', VIEWER), false);
await closes('subscribe before the acknowledgement', 4401, (raw) => raw.subscribe('1', LISTEN), false);
await closes('no connection_init in time', 4408, () => {}, false);
await closes('an id that is in use', 4409, (raw) => [0, 1].forEach(() => raw.subscribe('1', LISTEN)));
await closes('a second connection_init', 4429, (raw) => raw.say({ type: 'connection_init' }));
await check('4403: connection_init without a session', async () => {
  const raw = new Raw();
  await raw.opened;
  raw.say({ type: 'connection_init' });
  assert.equal(await raw.closed(), 4403);
});
await check('4401: the session ends', async () => {
  const short = await logIn();
  const raw = await Raw.begin(short);
  raw.subscribe('1', LISTEN);
  await ask(short, 'mutation { sessionDelete { userErrors { code } } }');
  assert.equal(await raw.closed(), 4401);
});

// Messages.
const talks = (name, talk) =>
  check(name, async () => {
    const raw = await Raw.begin(cookie);
    await talk(raw);
    raw.socket.close();
  });
await check('connection_init is acknowledged', async () => {
  const raw = new Raw({ cookie });
  await raw.opened;
  raw.say({ type: 'connection_init', payload: {} });
  assert.deepEqual(await raw.next(), { type: 'connection_ack' });
});
await check('ping is answered before connection_init', async () => {
  const raw = new Raw({ cookie });
  await raw.opened;
  raw.say({ type: 'ping' });
  assert.deepEqual(await raw.next(), { type: 'pong' });
});
await talks('ping is answered with its payload', async (raw) => {
  raw.say({ type: 'ping', payload: { n: 1 } });
  assert.deepEqual(await raw.next(), { type: 'pong', payload: { n: 1 } });
});
await talks('pong without a ping is passed over', async (raw) => {
  raw.say({ type: 'pong' });
  raw.say({ type: 'ping' });
  assert.equal((await raw.next()).type, 'pong');
});
await talks('complete of an unknown id is passed over', async (raw) => {
  raw.say({ type: 'complete', id: 'x' });
  raw.say({ type: 'ping' });
  assert.equal((await raw.next()).type, 'pong');
});
await talks('a query is answered by next and complete', async (raw) => {
  raw.subscribe('1', VIEWER);
  const payload = { data: { viewer: { login: process.env.SHPUNT_LOGIN } } };
  assert.deepEqual(await raw.next(), { type: 'next', id: '1', payload });
  assert.deepEqual(await raw.next(), { type: 'complete', id: '1' });
});
await talks('an id is free again after complete', async (raw) => {
  for (let n = 0; n < 2; n += 1) {
    raw.subscribe('1', VIEWER);
    assert.equal((await raw.next()).type, 'next');
    assert.equal((await raw.next()).type, 'complete');
  }
});
await talks('operations run side by side', async (raw) => {
  raw.subscribe('listening', LISTEN);
  raw.subscribe('1', VIEWER);
  raw.subscribe('2', VIEWER);
  const ids = [];
  for (let n = 0; n < 4; n += 1) ids.push((await raw.next()).id);
  assert.deepEqual(ids.sort(), ['1', '1', '2', '2']);
});
const refuses = (name, code, query, more) =>
  talks(name, async (raw) => {
    raw.subscribe('1', query, more);
    const { type, id, payload } = await raw.next();
    assert.deepEqual([type, id, payload[0].extensions.code], ['error', '1', code]);
    assert.ok(payload[0].message && payload[0].extensions.requestId);
    // Nothing follows, and the id is free.
    raw.subscribe('1', VIEWER);
    assert.equal((await raw.next()).type, 'next');
  });
await refuses('a syntax error is an error message', 'GRAPHQL_PARSE_FAILED', '{ viewer');
await refuses('a validation error is an error message', 'GRAPHQL_VALIDATION_FAILED', '{ nowhere }');
await refuses('a subscription of an unknown field is an error message', 'GRAPHQL_VALIDATION_FAILED', 'subscription { nowhere }');
await refuses('a subscription of two fields is an error message', 'GRAPHQL_VALIDATION_FAILED', `subscription { a: dealChanged { consistencyToken } b: dealChanged { consistencyToken } }`);
await refuses('a variable of the wrong type is an error message', 'BAD_USER_INPUT', 'query($n: Int!) { deals(first: $n) { nodes { id } } }', { variables: { n: 'x' } });
await refuses('an unknown persisted query is an error message', 'PERSISTED_QUERY_NOT_FOUND', undefined, { extensions: { persistedQuery: { version: 1, sha256Hash: '0'.repeat(64) } } });
await talks('the operations of one socket are bounded', async (raw) => {
  for (let n = 0; n <= 64; n += 1) raw.subscribe(`${n}`, LISTEN);
  const { type, id, payload } = await raw.next();
  assert.deepEqual([type, id, payload[0].extensions.code], ['error', '64', 'TOO_MANY']);
});

// Changes, from the database through the change stream.
const deal = await makeDeal(cookie, 'ws', '7701000011');
const changed = `subscription { dealChanged(id: "${deal}") { deal { title } consistencyToken } }`;
await talks('a change is told by next', async (raw) => {
  raw.subscribe('1', changed);
  let heard = raw.next();
  const token = await rename(cookie, deal, 'one');
  // The making of the deal may still be told.
  while ((await heard).payload.data.dealChanged.deal.title !== 'one') heard = raw.next();
  const { type, id, payload } = await heard;
  assert.deepEqual([type, id], ['next', '1']);
  const position = (lsn) => lsn.split('/').reduce((sum, half) => (sum << 32n) | BigInt(`0x${half}`), 0n);
  assert.ok(position(payload.data.dealChanged.consistencyToken) >= position(token));
});
await talks('after complete nothing more is told', async (raw) => {
  raw.subscribe('1', changed);
  raw.subscribe('2', changed);
  raw.say({ type: 'complete', id: '1' });
  raw.say({ type: 'ping' });
  for (let heard = await raw.next(); heard.type !== 'pong'; heard = await raw.next());
  await rename(cookie, deal, 'two');
  assert.equal((await raw.next()).id, '2');
});

// The client of graphql-ws.
class Signed extends WebSocket {
  constructor(to, protocols) {
    super(to, protocols, { headers: { cookie } });
  }
}
const client = createClient({ url: address, webSocketImpl: Signed, retryAttempts: 0, lazy: true });
const first = (request) =>
  new Promise((resolve, reject) => {
    let answer;
    client.subscribe(request, { next: (next) => (answer = next), error: reject, complete: () => resolve(answer) });
  });
await check('client: a query', async () => assert.equal((await first({ query: VIEWER })).data.viewer.login, process.env.SHPUNT_LOGIN));
await check('client: a mutation', async () => {
  const query = 'mutation { channelCreate(input: { code: "c", name: "C" }) { channel { code } } }';
  assert.equal((await first({ query })).data.channelCreate.channel.code, 'c');
});
await check('client: variables and operationName', async () => {
  const query = 'query A { viewer { login } } query B($n: Int!) { deals(first: $n) { nodes { title } } }';
  const { data } = await first({ query, operationName: 'B', variables: { n: 1 } });
  assert.equal(data.deals.nodes.length, 1);
});
await check('client: an error reaches it', async () => {
  const errors = await first({ query: '{ nowhere }' }).catch((error) => error);
  assert.equal(errors[0].extensions.code, 'GRAPHQL_VALIDATION_FAILED');
});
await check('client: changes, as an iterator', async () => {
  const changes = client.iterate({ query: changed });
  const heard = changes.next();
  // Nothing says that it listens already, so it is told until it hears.
  let answer;
  void heard.then(({ value }) => (answer = value));
  for (let n = 0; !answer; n += 1) await rename(cookie, deal, `client ${n}`);
  assert.match(answer.data.dealChanged.deal.title, /^client|two$/);
  assert.deepEqual(await changes.return(), { done: true, value: undefined });
});
await check('client: disposing closes well', async () => {
  const closed = new Promise((resolve) => client.on('closed', resolve));
  await client.dispose();
  assert.equal((await closed).code, 1000);
});

conclude();
