// Validates every GraphQL document of `src` against the committed SDL and derives the TypeScript
// types of their answers, and the list of documents a server may be told to answer alone.
// `--check` writes nothing and fails when what is committed has drifted.
import { createHash } from 'node:crypto';
import { existsSync, readFileSync, readdirSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import {
  buildSchema, getNamedType, isEnumType, isInputObjectType, isListType, isNonNullType, isScalarType,
  parse, typeFromAST, validate,
} from 'graphql';

const root = join(dirname(fileURLToPath(import.meta.url)), '..');
const sdl = process.env.SHPUNT_SDL ?? join(root, '../api/schema.graphql');
const target = join(root, 'src/api/operations.ts');
const trusted = join(root, '../api/trusted_documents.json');
if (!existsSync(sdl)) {
  console.log('api/schema.graphql is not there yet: documents are not checked');
  process.exit(0);
}
const schema = buildSchema(readFileSync(sdl, 'utf8'));

const files = readdirSync(join(root, 'src'), { recursive: true }).filter((f) => f.endsWith('.graphql')).sort();
const named = new Map(); // enums and inputs met on the way
const out = [];
let broken = 0;

const scalar = (name) => ({ Int: 'number', Float: 'number', Boolean: 'boolean' })[name] ?? 'string';

function leaf(type) {
  if (isScalarType(type)) return scalar(type.name);
  if (!named.has(type.name)) {
    named.set(type.name, '');
    named.set(type.name, isEnumType(type)
      ? `export type ${type.name} = ${type.getValues().map((v) => `'${v.name}'`).join(' | ')};`
      : `export interface ${type.name} {\n${Object.values(type.getFields()).map((f) =>
        `  ${f.name}${isNonNullType(f.type) && f.defaultValue === undefined ? '' : '?'}: ${wrap(f.type, leaf(getNamedType(f.type)))};`).join('\n')}\n}`);
  }
  return type.name;
}

function wrap(type, inner) {
  if (isNonNullType(type)) return bare(type.ofType, inner);
  return `${bare(type, inner)} | null`;
}
function bare(type, inner) {
  if (!isListType(type)) return inner;
  const item = wrap(type.ofType, inner);
  return item.includes(' ') && !item.startsWith('{') || item.endsWith('| null') ? `Array<${item}>` : `${item}[]`;
}

function selection(set, parent, pad) {
  const fields = [];
  const spreads = [];
  for (const node of set.selections) {
    if (node.kind === 'FragmentSpread') { spreads.push(node.name.value); continue; }
    if (node.kind === 'InlineFragment') { spreads.push(`Partial<${selection(node.selectionSet, schema.getType(node.typeCondition.name.value), pad)}>`); continue; }
    if (node.name.value === '__typename') { fields.push(`${pad}  __typename: string;`); continue; }
    const field = parent.getFields()[node.name.value];
    const type = getNamedType(field.type);
    const inner = node.selectionSet ? selection(node.selectionSet, type, `${pad}  `) : leaf(type);
    // What a directive may leave out may be absent.
    const absent = node.directives.length ? '?' : '';
    fields.push(`${pad}  ${(node.alias ?? node.name).value}${absent}: ${wrap(field.type, inner)};`);
  }
  const own = fields.length ? `{\n${fields.join('\n')}\n${pad}}` : '';
  return [...spreads, own].filter(Boolean).join(' & ');
}

const pascal = (s) => s[0].toUpperCase() + s.slice(1);
for (const file of files) {
  const document = parse(readFileSync(join(root, 'src', file), 'utf8'));
  const errors = validate(schema, document);
  for (const e of errors) console.error(`${file}: ${e.message}`);
  if (errors.length) { broken += errors.length; continue; }
  for (const def of document.definitions) {
    if (def.kind === 'FragmentDefinition') {
      out.push(`export type ${def.name.value} = ${selection(def.selectionSet, schema.getType(def.typeCondition.name.value), '')};`);
      continue;
    }
    const parent = { query: schema.getQueryType(), mutation: schema.getMutationType() }[def.operation];
    const name = pascal(def.name.value);
    out.push(`/** ${file} */\nexport type ${name} = ${selection(def.selectionSet, parent, '')};`);
    const vars = def.variableDefinitions.map((v) => {
      const type = typeFromAST(schema, v.type);
      const optional = !isNonNullType(type) || v.defaultValue;
      return `  ${v.variable.name.value}${optional ? '?' : ''}: ${wrap(type, leaf(getNamedType(type)))};`;
    });
    out.push(vars.length ? `export interface ${name}Variables {\n${vars.join('\n')}\n}` : `export type ${name}Variables = Record<string, never>;`);
  }
}
if (broken) process.exit(1);

const text = `// Derived from the *.graphql documents and the SDL by \`npm run codegen\`; not edited by hand.\n\n${[...named.values(), ...out].join('\n\n')}\n`;
// The page sends each file as it is, so its hash is that of the whole text.
const documents = files.map((file) => readFileSync(join(root, 'src', file), 'utf8'));
const hash = (document) => createHash('sha256').update(document).digest('hex');
const list = Object.fromEntries(documents.map((document) => [hash(document), document]).sort());
const made = [[target, text], [trusted, `${JSON.stringify(list, null, 2)}\n`]];
if (!process.argv.includes('--check')) {
  for (const [path, wanted] of made) writeFileSync(path, wanted);
} else if (made.some(([path, wanted]) => !existsSync(path) || readFileSync(path, 'utf8') !== wanted)) {
  console.error('src/api/operations.ts or api/trusted_documents.json differs from the documents and the SDL: run `cargo xtask bless`');
  process.exit(1);
}
console.log(`${files.length} documents agree with the schema`);
