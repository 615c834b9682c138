import { isMainThread } from 'node:worker_threads';
import { servePipe } from './pipe.ts';
import { serveThread } from './thread.ts';

// The program inside a sandbox: a thread of the host, or a process of its own that the host speaks to through a pipe.
if (isMainThread) await servePipe();
else await serveThread();
