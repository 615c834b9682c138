"""Runs a capsule on the system's Python, in a process of its own that answers its host in frames (docs/native.md)."""

import sys

# What is written in C asks the system for the time by itself; the same in Python asks the module `time`, which is replaced below.
sys.modules["_datetime"] = None

import importlib, io, json, os, posix, struct, time, traceback  # noqa: E401,E402
import vnes  # noqa: E402


def _setup(module, function):
    host, nothing = 3, 0xFFFFFFFF
    granted, done, declined, gave_up = 10, 20, 21, 22
    word, head = struct.Struct("<I"), struct.Struct("<II")
    state = {"number": 0, "now": 0, "asking": False}
    told = []

    def encode(kind, parts):
        out = [bytes((kind,))]
        for part in parts:
            data = None if part is None else part.encode("utf-8", "replace")
            out.append(word.pack(nothing if data is None else len(data)))
            out.append(data or b"")
        data = b"".join(out)
        return word.pack(len(data)) + data

    def send(kind, parts):
        body = b"".join([*told, encode(kind, parts)])
        told.clear()
        data = memoryview(head.pack(len(body) + 4, state["number"]) + body)
        while data:
            data = data[posix.write(host, data) :]

    def take(size):
        chunks = []
        while size > 0:
            chunk = posix.read(host, min(size, 1 << 20))
            if not chunk:
                posix._exit(0)
            chunks.append(chunk)
            size -= len(chunk)
        return b"".join(chunks)

    def receive():
        length, state["number"] = head.unpack(take(8))
        data, at, parts = take(length - 4), 5, []
        while at < len(data):
            (size,) = word.unpack_from(data, at)
            at += 4
            parts.append(None if size == nothing else data[at : at + size])
            at += 0 if size == nothing else size
        return data[4], parts

    def ask_bytes(kind, *parts):
        if not state["asking"]:
            raise vnes.Refusal("the host answers only while it waits")
        if kind == 9:
            told.append(encode(kind, parts))
            return []
        send(kind, parts)
        status, answer = receive()
        if status == granted:
            return answer
        raise vnes.Refusal(answer[0].decode())

    def ask(kind, *parts):
        return [None if part is None else part.decode() for part in ask_bytes(kind, *parts)]

    vnes._ask = ask
    vnes._ask_bytes = lambda kind, *parts: ask_bytes(kind, *parts)[0]

    def replace_clocks():
        seconds, nanoseconds = lambda: state["now"] / 1000, lambda: state["now"] * 1_000_000
        for name in ("time", "monotonic", "perf_counter", "process_time", "thread_time"):
            setattr(time, name, seconds)
            setattr(time, name + "_ns", nanoseconds)
        time.clock_gettime = lambda _: seconds()
        time.clock_gettime_ns = lambda _: nanoseconds()
        broken_down, written, formatted = time.gmtime, time.asctime, time.strftime
        now = lambda moment=None: broken_down(seconds() if moment is None else moment)  # noqa: E731
        time.gmtime = time.localtime = now
        time.asctime = lambda moment=None: written(now() if moment is None else moment)
        time.ctime = lambda moment=None: written(now(moment))
        time.strftime = lambda form, moment=None: formatted(form, now() if moment is None else moment)
        time.sleep = sleep

    def sleep(_seconds):
        raise OSError("time does not pass while an event is handled")

    def urandom(size):
        return b"".join(ask_bytes(8, str(min(65536, size - at)))[0] for at in range(0, size, 65536))

    class Lines(io.TextIOBase):
        """What a capsule prints becomes lines of its log."""

        def __init__(self, level):
            self.level, self.rest = level, ""

        def writable(self):
            return True

        def write(self, text):
            *lines, self.rest = (self.rest + text).split("\n")
            for line in lines:
                ask(9, self.level, line)
            return len(text)

        def close_line(self):
            if self.rest:
                self.write("\n")

    out, err = Lines("info"), Lines("warn")
    sys.stdin, sys.stdout, sys.stderr = io.StringIO(), out, err
    sys.__stdin__ = sys.__stdout__ = sys.__stderr__ = None

    def describe(error):
        """An exception in one form: its last line first, then the capsule's frames from the outermost to the innermost."""
        frames = [
            f"{code.co_filename[len('/capsule/') :]}:{line} in {code.co_name}"
            for code, line in ((frame.f_code, line) for frame, line in traceback.walk_tb(error.__traceback__))
            if code.co_filename.startswith("/capsule/")
        ]
        if len(frames) > 20:
            frames[10:-10] = [f"... {len(frames) - 20} more"]
        name, text = type(error).__qualname__, error.msg if isinstance(error, SyntaxError) else str(error)
        return "\n  ".join([f"{name}: {text}" if text else name, *frames])

    target = {}

    def start(settings):
        random.seed(ask_bytes(8, "32")[0])
        vnes._config = settings
        loaded = importlib.import_module(module)
        found = loaded
        for name in function.split("."):
            found = getattr(found, name, None)
        if not callable(found):
            raise vnes.Refusal(f"{module} has no function {function}")
        target["handle"], target["serve"] = found, getattr(loaded, "serve", None)
        begin = getattr(loaded, "init", None)
        if begin is not None:
            begin(json.loads(settings))

    def handle(topic, partition, offset, moment, key, payload):
        state["now"] = int(moment)
        event = vnes.Event(topic, int(partition), int(offset), int(moment), key, json.loads(payload))
        target["handle"](event)

    def serve(method, payload):
        if target["serve"] is None:
            raise vnes.Refusal(f"unknown method {method}")
        state["now"] = vnes.now()
        return json.dumps(target["serve"](method, json.loads(payload)), ensure_ascii=False, allow_nan=False)

    requests = {1: start, 2: handle, 3: serve}
    replace_clocks()
    os.urandom = posix.urandom = urandom
    os.getrandom = lambda size, flags=0: urandom(size)
    # It seeds itself when it is imported, where nobody can answer; `start` does so again.
    state["asking"] = None
    import random

    def answer(kind, parts):
        state["asking"] = True
        out.rest = err.rest = ""
        try:
            result = requests[kind](*[None if part is None else part.decode() for part in parts])
            out.close_line()
            err.close_line()
            return done, result or ""
        except vnes.Refusal as error:
            return declined, str(error)
        except MemoryError:
            return gave_up, "memory ran out"
        except BaseException as error:
            try:
                return gave_up, describe(error)
            except BaseException:
                return gave_up, type(error).__name__

    while True:
        kind, text = answer(*receive())
        state["asking"] = False
        send(kind, [text])


_setup(sys.argv[1], sys.argv[2])
