// What the pure part offers to the shell part and to tests.

const engine = {
  document, fields, field, get, build, identical, typeName, same, key, compare, compareFamily, comparePaths, holds,
  parseLine, canonical, pathText, quote, show, unsendable, drive, fromBase64, toBase64, Reader, Writer,
};
