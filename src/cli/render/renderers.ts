import { renderHuman } from './human.ts';
import { renderJson } from './json.ts';
import type { Renderer } from './report.ts';

/** The forms in which a report can be printed. */
export const RENDERERS = { human: renderHuman, json: renderJson } as const satisfies Record<string, Renderer>;
