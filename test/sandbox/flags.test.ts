import { expect, test } from 'vitest';
import { METER } from '../../src/sandbox/meter/meter.ts';
import { KNOWN_FLAGS } from '../../src/store/flags.ts';

test('a recording names the meter that its traps depend on', () => {
  expect(KNOWN_FLAGS).toContain(METER);
});
