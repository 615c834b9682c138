/**
 * Python code that runs in an interpreter before a capsule's module is imported (sandbox/unpinned.ts). Each piece changes what the
 * interpreter finds around itself, never what code does.
 */

/** Each piece has its names to itself. */
export function alone(body: string): string {
  const lines = body.trim().split('\n');
  return `def _vnes_audit():\n${lines.map(line => `    ${line}`).join('\n')}\n_vnes_audit()\ndel _vnes_audit\n`;
}

/**
 * Fills each class of sizes with blocks, keeps some and frees the rest in another order, so that what is made later lies elsewhere and
 * in another order.
 */
export function otherAddresses(round: number): string {
  return alone(`
import __main__
number = ${round + 1}
def below(limit):
    nonlocal number
    number = (number * 1103515245 + 12345) % 2147483648
    return (number >> 8) % limit
kept, freed = [], []
for size in range(1, 480, 8):
    for _ in range(500 if size < 160 else 40):
        (kept if below(4) == 0 else freed).append(bytes(size))
for _ in range(300):
    for made in (object(), [None] * below(12), {"a": below(99)}, {below(999)}, lambda: number):
        (kept if below(4) == 0 else freed).append(made)
for at in range(len(freed) - 1, 0, -1):
    other = below(at + 1)
    freed[at], freed[other] = freed[other], freed[at]
while freed:
    freed.pop()
__main__._vnes_dispatch.kept = kept
`);
}

export const OTHER_ZONE = alone(`
import os, time
os.environ["TZ"] = "<+13>-13"
time.timezone = time.altzone = -46800
time.tzname = ("+13", "+13")
`);

export const OTHER_LOCALE = alone(`
import _locale, locale, os, time
for name in ("LC_ALL", "LC_COLLATE", "LC_CTYPE", "LANG"):
    os.environ[name] = "tr_TR.UTF-8"
def collated(text):
    return text.casefold() + "\\0" + text.swapcase()
def compared(a, b):
    return (collated(a) > collated(b)) - (collated(a) < collated(b))
def conventions():
    return {**plain(), "decimal_point": ",", "thousands_sep": ".", "grouping": [3, 3, 0]}
plain, written = _locale.localeconv, time.strftime
def in_words(pattern, *moment):
    for sign in "AaBbcpxX":
        pattern = pattern.replace("%" + sign, "\\u00ab%" + sign + "\\u00bb")
    return written(pattern, *moment)
for module in (_locale, locale):
    module.strxfrm, module.strcoll = collated, compared
_locale.localeconv = locale._localeconv = conventions
locale.setlocale = lambda category, name=None: "tr_TR.UTF-8"
locale.getlocale = lambda category=0: ("tr_TR", "UTF-8")
time.strftime = in_words
`);

export const OTHER_ENVIRONMENT = alone(`
import os, posix, sys
for name in list(os.environ):
    if name not in ("TZ", "LC_ALL", "PYTHONHASHSEED"):
        del os.environ[name]
os.environ.update(HOME="/home/other", LANG="C", LOGNAME="other", PATH="/usr/bin", TERM="dumb", USER="other")
for module in (os, posix):
    module.getpid = lambda: 4711
    module.getppid = lambda: 4710
    module.uname = lambda: posix.uname_result(("Linux", "elsewhere", "6.1.0", "#1 SMP", "x86_64"))
    module.cpu_count = lambda: 5
sys.argv[:] = ["/usr/bin/other"]
sys.executable = "/usr/bin/other"
`);

/** The module \`random\` is seeded once before a capsule starts; what the capsule seeds itself stays as it is. */
export const OTHER_RANDOMNESS = alone(`
import random
seed = random.seed
def once(*given, **named):
    random.seed = seed
    seed(b"another start")
random.seed = once
`);

export const DEEPER = alone(`
import sys
sys.setrecursionlimit(sys.getrecursionlimit() + 137)
`);

/** Cycles are found at once, or never. */
export const COLLECTORS: readonly string[] = [
  alone('import gc\ngc.set_threshold(1, 1, 1)'),
  alone('import gc\ngc.disable()'),
];
