// Where the server is and how to be somebody there; `cargo xtask conformance` says so in the environment.

export const url = `${process.env.SHPUNT_URL}/graphql`;

/** Logs in and answers with the cookie of the session. */
export async function logIn() {
  const query = 'mutation($input: SessionCreateInput!) { sessionCreate(input: $input) { viewer { login } } }';
  const input = { login: process.env.SHPUNT_LOGIN, password: process.env.SHPUNT_PASSWORD };
  const response = await fetch(url, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ query, variables: { input } }),
  });
  const cookie = response.headers.getSetCookie()[0]?.split(';')[0];
  if (!cookie) throw new Error(`the login is refused: ${await response.text()}`);
  return cookie;
}
