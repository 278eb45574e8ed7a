// What the shell part is given by mongosh and Node.js, and by the script around it.

declare const db: any;
declare const process: any;
declare const Buffer: any;
declare function require(module: string): any;
declare function print(text: string): void;
declare function sleep(milliseconds: number): void;
declare function quit(code: number): void;
/** The folder of the script; none of one from standard input. */
declare const __dirname: string | undefined;

declare const EJSON: any;

declare const Double: any, Int32: any, Long: any, Decimal128: any, Binary: any, ObjectId: any, Timestamp: any,
  BSONRegExp: any, Code: any, BSONSymbol: any, MinKey: any, MaxKey: any;

/** The SHA-256 of the shell part: codegen/mongosh writes it behind. */
declare const mongocdShell: string;

/** What host.js is given. */
declare const node: {require: (module: string) => any, types: {[name: string]: any}, folder: string, stopping: () => boolean};
