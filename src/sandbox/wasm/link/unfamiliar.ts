/** What a component uses and our own linker does not know. No fault of the component: jco's glue takes it. */
export class Unfamiliar extends Error {
  override readonly name = 'Unfamiliar';
}
