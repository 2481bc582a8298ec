// Holds the SDL against that of the last release: what clients may already send must still be answered.
// A release copies api/schema.graphql over api/schema.released.graphql; a break before that is deprecated first.
import { readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { buildSchema, findBreakingChanges } from 'graphql';

/** What of `released` the schema `present` no longer answers, one line each. Both are SDL. */
export function breaks(released, present) {
  return findBreakingChanges(buildSchema(released), buildSchema(present)).map((change) => change.description);
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  const api = join(dirname(fileURLToPath(import.meta.url)), '../../api');
  const sdl = (name) => readFileSync(join(api, name), 'utf8');
  const found = breaks(sdl('schema.released.graphql'), sdl('schema.graphql'));
  for (const line of found) console.error(`breaking: ${line}`);
  if (found.length > 0) {
    console.error('Clients of the last release would fail: keep the old form and mark it @deprecated with a date,');
    console.error('or copy api/schema.graphql over api/schema.released.graphql and say so in CHANGELOG.md.');
    process.exit(1);
  }
  console.log('nothing that the last release answered is broken');
}
