// Holds the SDL against that of the last release: what clients may already send must still be answered.
// A release copies api/schema.graphql over api/schema.released.graphql; a break before that is deprecated first.
import { readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { buildSchema, findBreakingChanges, isEnumType } from 'graphql';

/** Every deprecated field of a schema as `[Type.field, reason]`, input fields and values of enums too. */
function deprecated(schema) {
  return Object.values(schema.getTypeMap()).flatMap((type) => {
    const parts = isEnumType(type) ? type.getValues() : Object.values(type.getFields?.() ?? {});
    return parts.filter((part) => part.deprecationReason != null).map((part) => [`${type.name}.${part.name}`, part.deprecationReason]);
  });
}

const day = (reason) => /\b\d{4}-\d{2}-\d{2}\b/.exec(reason)?.[0];

/** What is deprecated without the day from which it may be gone, one line each. */
export function undated(present) {
  return deprecated(buildSchema(present)).filter(([, reason]) => !day(reason)).map(([name]) => name);
}

/** What of `released` the schema `present` no longer answers, one line each; not what said that it would be gone by `today`. Both are SDL. */
export function breaks(released, present, today) {
  const before = buildSchema(released);
  const over = new Set(deprecated(before).filter(([, reason]) => day(reason) <= today).map(([name]) => `${name} was removed.`));
  return findBreakingChanges(before, buildSchema(present)).map((change) => change.description).filter((line) => !over.has(line));
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  const api = join(dirname(fileURLToPath(import.meta.url)), '../../api');
  const sdl = (name) => readFileSync(join(api, name), 'utf8');
  const present = sdl('schema.graphql');
  for (const name of undated(present)) {
    console.error(`${name} is deprecated without a day: end the reason with the day from which it may be gone, 2027-01-31`);
    process.exitCode = 1;
  }
  const found = breaks(sdl('schema.released.graphql'), present, new Date().toISOString().slice(0, 10));
  for (const line of found) console.error(`breaking: ${line}`);
  if (found.length > 0) {
    console.error('Clients of the last release would fail: keep the old form and mark it @deprecated with a date,');
    console.error('or copy api/schema.graphql over api/schema.released.graphql and say so in CHANGELOG.md.');
    process.exit(1);
  }
  console.log('nothing that the last release answered is broken');
}
