import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { Instance } from '../../src/sandbox/contract.ts';
import { lacks } from '../bubblewrap.ts';
import { said, scripts } from '../sandbox/probe.ts';
import { startPython } from './python.ts';

const started: Instance[] = [];
afterAll(async () => {
  await Promise.all(started.map(instance => instance.stop()));
});

const ENDED = 'the interpreter asked for what no capsule has';

/** What code tries, and how it is kept from it. */
const ATTEMPTS: readonly (readonly [what: string, code: string, denied: RegExp | string])[] = [
  [
    'a shell by os.system',
    'import os\nstatus = os.system("id > /tmp/out")\nraise OSError(status)',
    /^OSError: -1/,
  ],
  ['a shell by os.popen', 'import os; os.popen("id")', /^OSError: \[Errno 138\]/],
  ['a process', 'import subprocess; subprocess.run(["id"])', /^OSError: \[Errno 138\]/],
  ['a fork', 'import os; os.fork()', /^OSError: \[Errno 52\]/],
  ['another program', 'import os; os.execv("/bin/sh", ["sh"])', /^OSError: \[Errno 45\]/],
  ['a signal to another process', 'import os; os.kill(1, 9)', /^PermissionError/],
  ['a signal to itself', 'import signal; signal.raise_signal(2)', ENDED],
  ['a timer', 'import signal; signal.setitimer(signal.ITIMER_REAL, 1)', /^AttributeError/],
  [
    'a thread',
    'import threading; threading.Thread(target=print).start()',
    /^RuntimeError: can't start new thread/,
  ],
  ['a socket', 'import socket; socket.socket()', /^OSError: \[Errno 52\]/],
  ['a socket pair', 'import socket; socket.socketpair()', /^OSError/],
  ['a name of the network', 'import socket; socket.getaddrinfo("example.com", 80)', /^gaierror/],
  ['a page of the web', 'import urllib.request; urllib.request.urlopen("http://example.com")', /^URLError/],
  ['an event loop', 'import asyncio; asyncio.run(asyncio.sleep(0))', /^OSError/],
  ['a package', 'import micropip', /^ModuleNotFoundError/],
  ['JavaScript by js', 'import js', /^ModuleNotFoundError: No module named 'js'/],
  ['JavaScript by pyodide_js', 'import pyodide_js', /^ModuleNotFoundError/],
  ['JavaScript by run_js', 'import pyodide.code; pyodide.code.run_js("1")', /^ModuleNotFoundError/],
  [
    'JavaScript by the module in C',
    'import sys; del sys.modules["_pyodide_core"]; import _pyodide_core',
    ENDED,
  ],
  ['a library', 'import ctypes; ctypes.CDLL("libc.so.6")', /^OSError: dlopen\(\) error/],
  ['a function of its own library', 'import ctypes; ctypes.CDLL(None).system(b"id")', /^AttributeError/],
  ['a call by ctypes', 'import ctypes; ctypes.string_at(1000, 4)', ENDED],
  ['a file of the machine', 'open("/etc/passwd")', /^FileNotFoundError/],
  ['a file of the machine by a way up', 'open("/capsule/../../../../etc/passwd")', /^FileNotFoundError/],
  ['its process', 'open("/proc/self/environ")', /^FileNotFoundError/],
  [
    'its program',
    'import os\nfor fd in range(3, 256):\n  try: os.read(fd, 1)\n  except OSError: pass\n  else: raise SystemExit(fd)\nraise OSError("none")',
    /^OSError: none/,
  ],
  ['to write a file', 'open("/tmp/x", "w")', /^OSError: \[Errno 69\]/],
  ['to write its own file', 'open("/capsule/impl/src/main.py", "a")', /^OSError: \[Errno 69\]/],
  ['a temporary file', 'import tempfile; tempfile.TemporaryFile()', /^FileNotFoundError/],
  ['a folder', 'import os; os.mkdir("/x")', /^OSError: \[Errno 52\]/],
  ['a link', 'import os; os.symlink("/etc", "/x")', /^OSError: \[Errno 52\]/],
  ['to remove a file', 'import os; os.remove("/capsule/impl/src/main.py")', /^OSError: \[Errno 52\]/],
  ['to wait', 'import time; time.sleep(1)', /^OSError: time does not pass/],
  ['to read the keyboard', 'input()', /^EOFError/],
  [
    'to break the door',
    'import os; os.write(1000, b"\\x02\\xff\\x00\\x00\\x00")',
    'a request to the host was malformed',
  ],
  [
    'what the door does not have',
    'import os; os.write(1000, b"\\x0b")',
    'a request to the host was malformed',
  ],
  ['a line of an unknown level', 'vnes._ask(9, "fatal", "x")', 'a request to the host was malformed'],
  ['to break itself', 'import faulthandler; faulthandler._sigsegv()', 'the interpreter ended'],
];

for (const zone of ['system', 'tenant', 'session'] as const)
  describe.skipIf(lacks(zone))(`Python in the zone ${zone} cannot have`, () => {
    let instance: Instance;
    beforeAll(async () => {
      instance = await startPython(zone);
      started.push(instance);
      await instance.init();
    }, 120_000);

    test.each(ATTEMPTS)('%s', async (_what, code, denied) => {
      const [outcome, next] = await instance.handle(scripts(`!${code}`, 'count'));
      const message = typeof denied === 'string' ? denied : expect.stringMatching(denied);
      expect(outcome).toMatchObject({ kind: 'trap', message });
      expect(said(next), 'it starts anew').toBe(1);
    });

    test('anything of the machine in its environment and among its files', async () => {
      const code = [
        '[sorted(__import__("os").environ.items()), __import__("os").listdir("/"), __import__("sys").argv]',
        '[[folder, sorted(names + folders)] for folder, folders, names in __import__("os").walk("/")]',
      ];
      expect((await instance.handle(scripts(...code))).map(said)).toEqual([
        [
          [
            ['HOME', '/'],
            ['LC_ALL', 'C.UTF-8'],
            ['PYTHONDONTWRITEBYTECODE', '1'],
            ['PYTHONHASHSEED', '0'],
            ['PYTHONHOME', '/'],
            ['TZ', 'UTC'],
          ],
          ['lib', 'capsule'],
          [''],
        ],
        [
          ['/', ['capsule', 'lib']],
          ['/lib', ['python312.zip']],
          ['/capsule', ['impl']],
          ['/capsule/impl', ['src']],
          ['/capsule/impl/src', ['main.py']],
        ],
      ]);
    });
  });
