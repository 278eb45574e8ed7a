// Makes extracted/ from the npm package countries-list, as `mongocd extract`
// would have from a test shop that keeps this reference data:
//
//     npm pack countries-list@3.4.1 && tar xzf countries-list-3.4.1.tgz
//     node make-data.mjs package
//
// In: the folder of the unpacked package. Out: two collections in layout "lines",
// the same bytes each time; ids are made from the codes.
import { createHash } from 'node:crypto';
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

const [source] = process.argv.slice(2);
if (source === undefined) {
  console.error('usage: node make-data.mjs FOLDER-OF-THE-UNPACKED-PACKAGE');
  process.exit(64);
}
const read = (name) => JSON.parse(readFileSync(join(source, name), 'utf8'));
const countries = read('countries.min.json');
const currencies = read('currencies.min.json');
const languages = read('languages.min.json');
const continents = read('continents.min.json');

const id = (key) => ({ $oid: createHash('sha256').update(key).digest('hex').slice(0, 24) });

const currencyDocuments = Object.entries(currencies).map(([code, c]) => ({
  _id: id(`currencies/${code}`),
  code,
  numeric: c.numeric,
  name: { english: c.name, native: c.native },
  symbol: { international: c.symbol, native: c.symbolNative },
  decimals: c.decimals,
  usedIn: Object.keys(countries).filter((country) => countries[country].currency.includes(code)).sort(),
}));

const countryDocuments = Object.entries(countries).map(([code, c]) => ({
  _id: id(`countries/${code}`),
  code,
  name: { english: c.name, native: c.native, aliases: c.alias ?? [] },
  continent: { code: c.continent, name: continents[c.continent] },
  capital: c.capital === '' ? null : c.capital,
  phone: { prefixes: c.phone },
  currencies: c.currency.map((currency) => ({ code: currency, decimals: currencies[currency].decimals })),
  languages: c.languages.map((language) => ({
    code: language,
    name: languages[language].name,
    native: languages[language].native,
    rightToLeft: languages[language].rtl === 1,
  })),
  ...(c.partOf === undefined ? {} : { partOf: c.partOf }),
  ...(c.userAssigned === undefined ? {} : { userAssigned: c.userAssigned }),
}));

/** A JSON string with invisible characters as \uXXXX, so that reviewers see them. */
function text(value) {
  return JSON.stringify(value).replace(/\p{Cf}/gu, (c) => `\\u${c.charCodeAt(0).toString(16).padStart(4, '0')}`);
}

/** Extended JSON in one line, as mongocd writes it for people: a space after : and , */
function line(value) {
  if (Array.isArray(value)) return `[${value.map(line).join(', ')}]`;
  if (typeof value === 'string') return text(value);
  if (value === null || typeof value !== 'object') return JSON.stringify(value);
  return `{${Object.entries(value).map(([k, v]) => `${text(k)}: ${line(v)}`).join(', ')}}`;
}

function write(collection, documents, indexes) {
  const folder = join(import.meta.dirname, 'extracted', 'shop_test', collection);
  mkdirSync(folder, { recursive: true });
  const byCode = documents.toSorted((a, b) => (a.code < b.code ? -1 : 1));
  const files = {
    'collection.json': `${JSON.stringify({ format: 1, kind: 'collection', layout: 'lines', key: ['code'], indexes }, null, 2)}\n`,
    'documents.jsonl': byCode.map((d) => `${line(d)}\n`).join(''),
  };
  const lock = Object.entries(files).map(([name, data]) => `${createHash('sha256').update(data).digest('hex')}  ${name}\n`);
  for (const [name, data] of Object.entries({ ...files, 'mongocd.lock': lock.join('') })) {
    writeFileSync(join(folder, name), data);
  }
}

write('currencies', currencyDocuments, [{ key: { code: 1 }, name: 'code_1', unique: true }]);
write('countries', countryDocuments, [
  { key: { code: 1 }, name: 'code_1', unique: true },
  { key: { 'continent.code': 1, code: 1 }, name: 'continent_code' },
  { key: { 'currencies.code': 1 }, name: 'currency' },
]);
