import { relative } from 'node:path';
import { type ArchiveEntry, piecesOfFile } from '../store/archive.ts';
import { BASE_FILE, baseOf, basePath } from '../store/base.ts';
import {
  askedPoint,
  BRANCH_FILE,
  branchText,
  hasJournal,
  LAYERS,
  type Layer,
  lineageOf,
} from '../store/branch.ts';
import type { Disk } from '../store/disk.ts';
import { FRAME_HEADER_BYTES } from '../store/frame.ts';
import { getObject, objectPath } from '../store/objects.ts';
import { headersOf } from '../store/read.ts';
import { readFrames } from '../store/scan.ts';
import { listSegments } from '../store/segments.ts';

/** A file of an archive with these very bytes. */
export function bytesEntry(name: string, bytes: Uint8Array): ArchiveEntry {
  return { name, size: bytes.length, pieces: [bytes] };
}

/**
 * The files of all that a recording is made of, but for what follows from its journal: of those that it goes on from, up to where it
 * leaves them. In the archive these lie side by side, the parent as `layers/1`, its parent as `layers/2`.
 */
export function* layerEntries(dir: string, disk: Disk): Generator<ArchiveEntry, void> {
  const layers = lineageOf(dir, disk);
  const headers = new Map([...headersOf(dir, disk)].map(({ dir: layer, header }) => [layer, header]));
  for (const [index, layer] of layers.entries()) {
    const depth = layers.length - 1 - index;
    const place = depth === 0 ? '' : `${LAYERS}/${depth}/`;
    const before = layers[index - 1];
    if (before) yield branchEntry(place, depth, layer, before);
    for (const { path, size } of segmentsOf(layer, before?.until?.records ?? 0, disk))
      yield { name: place + relative(layer.dir, path), size, pieces: piecesOfFile(disk, path, size) };
    if (baseOf(layer.dir, disk)) yield { ...fileEntry(basePath(layer.dir), disk), name: place + BASE_FILE };
    const files = headers.get(layer.dir)?.capsules.flatMap(each => Object.values(each.files)) ?? [];
    for (const digest of new Set(files)) {
      const name = relative(layer.dir, objectPath(layer.dir, digest));
      yield bytesEntry(place + name, getObject(layer.dir, digest, disk));
    }
  }
}

/** The branch file of a layer, which finds its parent beside it. */
function branchEntry(place: string, depth: number, { dir }: Layer, { until }: Layer): ArchiveEntry {
  const parent = depth === 0 ? `${LAYERS}/1` : `../${depth + 1}`;
  return bytesEntry(place + BRANCH_FILE, Buffer.from(branchText(until!, askedPoint(dir), parent)));
}

/** The segments of a layer, the last one up to where the layer is left. */
function segmentsOf({ dir, until }: Layer, before: number, disk: Disk): { path: string; size: number }[] {
  if (!until)
    return hasJournal(dir, disk)
      ? [...listSegments(dir, disk, baseOf(dir, disk)?.place.segment)].map(path => whole(path, disk))
      : [];
  const sizes = new Map<string, number>();
  for (const { segment, offset, payload, record } of readFrames(dir, disk)) {
    sizes.set(segment, offset + FRAME_HEADER_BYTES + payload.length);
    if (before + record + 1 === until.records) break;
  }
  return [...sizes].map(([path, size]) => ({ path, size }));
}

function fileEntry(path: string, disk: Disk): Omit<ArchiveEntry, 'name'> {
  const { size } = whole(path, disk);
  return { size, pieces: piecesOfFile(disk, path, size) };
}

function whole(path: string, disk: Disk): { path: string; size: number } {
  const file = disk.open(path);
  const size = disk.size(file);
  disk.close(file);
  return { path, size };
}
