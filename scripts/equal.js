/** Stands in for ajv's module of the same purpose in the generated validators. */
export { sameJson as default } from '../src/base/same-json.ts';
