import { TRACE_MARK } from '../../sandbox/unpinned.ts';
import { alone } from './preludes.ts';

/** Steps of one delivery that are told, and how much of a value. */
const MOST_STEPS = 4000;
const MOST_TEXT = 120;

/** What both traces need: how to speak, and how a place is called. */
const COMMON = `
import json, sys, vnes
mark, ask = ${JSON.stringify(TRACE_MARK)}, vnes._ask
def tell(*said):
    ask(9, "debug", mark + json.dumps(said))
def place(frame):
    path = frame.f_code.co_filename.removeprefix("/capsule/")
    return f"{path}:{frame.f_lineno} in {frame.f_code.co_name}"
def own(frame):
    return frame.f_code.co_filename.startswith("/capsule/")
`;

/** Says before each effect which line of the capsule asked for it. */
export const TELL_PLACES = alone(`${COMMON}
kinds = {1: "published", 4: "write", 5: "write", 9: "log"}
def asking():
    frame = sys._getframe(2)
    while frame is not None and not own(frame):
        frame = frame.f_back
    return None if frame is None else place(frame)
def telling(kind, *parts):
    if kind in kinds:
        tell(kinds[kind], parts[0] if kinds[kind] == "write" else None, asking())
    return ask(kind, *parts)
vnes._ask = telling
lines = type(sys.stdout)
write = lines.write
def writing(self, text):
    for _ in range(text.count("\\n")):
        tell("log", None, asking())
    return write(self, text)
lines.write = writing
`);

/** Says of one delivery, line by line, what each variable of the capsule got. */
export function tellSteps(topic: string, partition: number, offset: number): string {
  return alone(`${COMMON}
wanted = (${JSON.stringify(topic)}, ${partition}, ${offset})
known, before, steps = {}, {}, []
active = None
def shown(value, level=0):
    if value is None or isinstance(value, (bool, int, float, str, bytes)):
        return repr(value)[:${MOST_TEXT}]
    if level < 2 and isinstance(value, (list, tuple, set, frozenset)):
        return type(value).__name__ + "(" + ", ".join(shown(each, level + 1) for each in list(value)[:12]) + ")"
    if level < 2 and isinstance(value, dict):
        pairs = list(value.items())[:12]
        return "{" + ", ".join(shown(key, 2) + ": " + shown(each, level + 1) for key, each in pairs) + "}"
    return type(value).__name__
def look(frame, line):
    variables = known.setdefault(frame, {})
    for name, value in list(frame.f_locals.items()):
        text = shown(value)
        if variables.get(name) != text:
            variables[name] = text
            if len(steps) < ${MOST_STEPS}:
                steps.append((line, name, text[:${MOST_TEXT}]))
def within(frame, event, argument):
    nonlocal active
    look(frame, before.get(frame, place(frame)))
    before[frame] = place(frame)
    if event == "return" and frame is active:
        active = None
        for step in steps:
            tell("step", *step)
        steps.clear()
    if event == "return":
        known.pop(frame, None)
        before.pop(frame, None)
    return within
def entering(frame, event, argument):
    nonlocal active
    if not own(frame):
        return None
    if active is None and frame.f_back is not None and not own(frame.f_back):
        given = [each for each in frame.f_locals.values() if isinstance(each, vnes.Event)]
        if given and (given[0].topic, given[0].partition, given[0].offset) == wanted:
            active = frame
    return None if active is None else within(frame, event, argument)
sys.settrace(entering)
`);
}
