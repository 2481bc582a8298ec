// The server audits of graphql-http, as the director. Prints one JSON line.
import { auditServer } from 'graphql-http';
import { logIn, url } from './session.mjs';

const cookie = await logIn();
const fetchFn = (to, init = {}) => fetch(to, { ...init, headers: { ...init.headers, cookie } });
const results = await auditServer({ url, fetchFn });
// A warning is a failure as well: whoever chose this server was promised all of it.
const failed = results.filter(({ status }) => status !== 'ok');
for (const { id, name, status, reason } of failed) console.error(`${status} ${id} ${name}: ${reason}`);
console.log(JSON.stringify({
  ok: results.length - failed.length,
  total: results.length,
  failed: failed.map(({ id, name }) => `${id} ${name}`),
}));
