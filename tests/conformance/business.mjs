// A deal to change, and how to change it.
import { url } from './session.mjs';

/** Asks as whoever the cookie belongs to; the data, which must come without errors. */
export async function ask(cookie, query, variables = {}) {
  const headers = { 'content-type': 'application/json', cookie };
  const response = await fetch(url, { method: 'POST', headers, body: JSON.stringify({ query, variables }) });
  const { data, errors } = await response.json();
  if (errors) throw new Error(JSON.stringify(errors));
  return data;
}

/** A deal with its own company and channel, named so that suites do not meet. */
export async function makeDeal(cookie, name, inn) {
  const make = async (field, input, entity) => {
    const type = `${field[0].toUpperCase()}${field.slice(1)}Input`;
    const query = `mutation($input: ${type}!) { done: ${field}(input: $input) { ${entity} { id } userErrors { message } } }`;
    const { done } = await ask(cookie, query, { input });
    if (done.userErrors.length) throw new Error(JSON.stringify(done.userErrors));
    return done[entity].id;
  };
  const companyId = await make('companyCreate', { name, inn, firstDay: '2025-01-01', regime: 'OSNO' }, 'company');
  const channelId = await make('channelCreate', { code: name, name }, 'channel');
  return make('dealCreate', { companyId, channelId, title: name }, 'deal');
}

/** Gives the deal another title. */
export async function rename(cookie, id, title) {
  const { deal } = await ask(cookie, 'query($id: ID!) { deal(id: $id) { version } }', { id });
  const query = 'mutation($input: DealUpdateInput!) { dealUpdate(input: $input) { userErrors { message } consistencyToken } }';
  const { dealUpdate } = await ask(cookie, query, { input: { dealId: id, expectedVersion: deal.version, title } });
  if (dealUpdate.userErrors.length) throw new Error(JSON.stringify(dealUpdate.userErrors));
  return dealUpdate.consistencyToken;
}
