// What the engine needs of Node.js and of the folder that the script stands in. In: node,
// with what a script of mongosh has: require, the driver's types by name, folder, stopping (whether
// the run is to end). Out: host (pure.d.ts). It stands before the pure part, in the same text.

const host = nodeHost(node);

function nodeHost({require: load, types, folder, stopping}) {
  const crypto = load('crypto'), {Buffer} = load('buffer');
  const view = bytes => Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length);
  return {
    types,
    decode: (bytes, from, to) => view(bytes).toString('utf8', from, to),
    encode: text => Buffer.from(text, 'utf8'),
    buffer: bytes => Buffer.from(view(bytes)),
    // readFile gives {text}, {missing: true} or {}: text is undefined when the bytes are no UTF-8.
    readFile: path => {
      try {
        const data = load('fs').readFileSync(path), text = data.toString('utf8');
        return {text: Buffer.from(text, 'utf8').equals(data) ? text : undefined, read: true};
      } catch (e) {
        return {missing: e.code === 'ENOENT'};
      }
    },
    // openBeside gives {read, sha256} of a file beside this script, or {wrong}: read the next bytes, or
    // undefined at the end; sha256 the digest of those that were read, in hex. Links are followed, as a
    // mounted volume is made of them: the digest says what the file has to be.
    openBeside: name => {
      const fs = load('fs'), path = load('path').join(folder, ...name.split('/')), hash = crypto.createHash('sha256');
      const wrong = why => ({wrong: 'the documents of this script are in ' + name + ' beside it, in ' + JSON.stringify(folder) + ', which ' + why +
        ': take mongosh.js and desired/ along together, or compile with --self-contained'});
      let file;
      try {
        if (!fs.statSync(path).isFile()) return wrong('is no file');
        file = fs.openSync(path, 'r');
      } catch (e) {
        return wrong(e.code === 'ENOENT' ? 'is not there' : 'cannot be opened (' + e.code + ')');
      }
      return {
        read: () => {
          const bytes = Buffer.allocUnsafe(1 << 20), n = fs.readSync(file, bytes, 0, bytes.length, null);
          if (n === 0) {
            fs.closeSync(file);
            return undefined;
          }
          const part = bytes.subarray(0, n);
          hash.update(part);
          return part;
        },
        sha256: () => hash.digest('hex'),
      };
    },
    now: () => Date.now(),
    token: () => crypto.randomBytes(8).toString('hex'),
    stopping,
    // encrypt gives the nonce, the data by AES-256-GCM and the tag; decrypt undefined when they do not fit.
    encrypt: (key, data, more) => {
      const nonce = crypto.randomBytes(12), cipher = crypto.createCipheriv('aes-256-gcm', view(key), nonce);
      cipher.setAAD(view(more));
      return Buffer.concat([nonce, cipher.update(view(data)), cipher.final(), cipher.getAuthTag()]);
    },
    decrypt: (key, data, more) => {
      const all = view(data), end = all.length - 16;
      if (end < 12) return undefined;
      try {
        const decipher = crypto.createDecipheriv('aes-256-gcm', view(key), all.subarray(0, 12), {authTagLength: 16});
        decipher.setAAD(view(more));
        decipher.setAuthTag(all.subarray(end));
        return Buffer.concat([decipher.update(all.subarray(12, end)), decipher.final()]);
      } catch (e) {
        return undefined;
      }
    },
    // hashing digests bytes a part at a time.
    hashing: () => {
      const hash = crypto.createHash('sha256');
      return {update: bytes => { hash.update(bytes); }, digest: () => hash.digest()};
    },
    sha256: bytes => crypto.createHash('sha256').update(bytes).digest(),
    // Node.js has crypto.hash since 20.12; it takes a quarter of the time.
    digest: crypto.hash === undefined ? bytes => crypto.createHash('sha256').update(bytes).digest('latin1') : bytes => crypto.hash('sha256', bytes, 'latin1'),
  };
}
