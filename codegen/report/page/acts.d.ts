// runtime/safe/safe.js: the characters that are never shown as they are.
declare module 'acts' {
  export const ACTS: RegExp;
}
