import { nodeDisk } from '../../src/store/disk.ts';
import { fileEngine } from '../../src/store/file-engine.ts';
import { conforms } from './conformance.ts';
import { type MemoryStore, memoryEngine } from './memory-engine.ts';
import { folder } from './recording.ts';

const failure = () => Object.assign(new Error('injected'), { code: 'EIO' });

for (const segmentBytes of [undefined, 100]) {
  conforms(`the file engine, segments of ${segmentBytes ?? 'its own size'}`, () => {
    const dir = folder();
    let failing = false;
    const sync = (file: number): void => {
      if (failing) {
        failing = false;
        throw failure();
      }
      nodeDisk.sync(file);
    };
    const disk = { ...nodeDisk, sync };
    return {
      open: () => fileEngine(dir, segmentBytes === undefined ? { disk } : { disk, segmentBytes }),
      failOnce: () => {
        failing = true;
      },
    };
  });
}

conforms('the engine in memory', () => {
  const store: MemoryStore = {};
  return {
    open: () => memoryEngine(store),
    failOnce: () => {
      store.onSync = () => {
        delete store.onSync;
        throw failure();
      };
    },
  };
});
