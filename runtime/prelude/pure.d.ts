// What the pure part is given: `host` of prelude/shell.js.

/** Types of mongosh's driver, by name. */
type DriverTypes = {[name: string]: any};

declare const host: {
  types: DriverTypes,
  decode(bytes: Uint8Array, from: number, to: number): string,
  encode(text: string): Uint8Array,
  buffer(bytes: Uint8Array): Uint8Array<ArrayBuffer>,
  readFile(path: string): {text?: string, read?: boolean, missing?: boolean},
  openBeside(name: string): {wrong?: string, read?: () => Uint8Array | undefined, sha256?: () => string},
  /** Milliseconds since 1970. */
  now(): number,
  token(): string,
  stopping(): boolean,
  encrypt(key: Uint8Array, data: Uint8Array, more: Uint8Array): Uint8Array,
  decrypt(key: Uint8Array, data: Uint8Array, more: Uint8Array): Uint8Array | undefined,
  sha256(bytes: Uint8Array): Uint8Array<ArrayBuffer>,
  /** The same of bytes that come a part at a time. */
  hashing(): {update(bytes: Uint8Array): void, digest(): Uint8Array<ArrayBuffer>},
  /** The same as a text of one character a byte. */
  digest(bytes: Uint8Array): string,
};
