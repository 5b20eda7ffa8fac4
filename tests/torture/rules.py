"""What must hold of a place after a command was made to fail or was killed, whatever call that was."""
import collections
import hashlib
import json
import os
import re

from tracing import SYNCS

INTENTS = {"registering", "activating", "rolling_back", "stopping", "repairing"}
# What tells one change from another of its kind.
TOLD = ("event", "model_name", "version", "policy_sha256", "file_sha256", "key_id")


# What may be found: state(place), and paths(place).
Allowed = collections.namedtuple("Allowed", "state paths")


class Broken(Exception):
    """A rule that does not hold; the text says which."""


def expect(condition, text):
    if not condition:
        raise Broken(text)


def run_ok(place, line):
    done = place.run(line)
    expect(done.returncode == 0, f"`lotmark {line}` ends with {done.returncode}: {done.stdout}{done.stderr}")
    return done.stdout


def pointers(place):
    """model -> text of the link."""
    found = {}
    for model in sorted((place.volume / "models").glob("*")):
        if (model / "active").is_symlink():
            found[model.name] = os.readlink(model / "active")
    return found


def changes(events):
    """What took effect, in order. An intent that took effect reads the same whether its done event or recovery says so."""
    found, intent = [], None
    for event in events:
        if event["event"] in INTENTS:
            intent = event
            continue
        what, intent = intent or event, None
        if event.get("outcome") == "abandoned":
            continue
        found.append(tuple(str(what[name]) for name in TOLD if what.get(name)))
    return found


def state(place):
    """Everything that a change can change, as text to compare."""
    if not (place.volume / "volume.json").exists():
        return "no volume"
    found = changes(json.loads(run_ok(place, "history --all --json")))
    versions = sorted(str(p.relative_to(place.volume)) for p in place.volume.glob("models/*/versions/*"))
    return json.dumps({"changes": found, "pointers": pointers(place), "versions": versions})


def paths(place):
    """Every file and link of the volume outside its journal: with a state come exactly these, none missing and none left
    over. Empty folders say nothing, nor does the top link, which is made ahead of the first activation and never changes."""
    found = (path for path in place.volume.rglob("*") if path.is_symlink() or not path.is_dir())
    names = {str(path.relative_to(place.volume)) for path in found}
    return {name for name in names if not name.startswith("journal/") and name not in ("lock", "model-manifest.json")}


def allowed(place):
    return Allowed(state(place), paths(place))


def check_pointer(place, allowed):
    """Before anybody recovers: the pointer is one that was meant, and the version it names is whole. Without our program."""
    found = pointers(place)
    expect(found in allowed, f"the pointers are {found}")
    for model, text in found.items():
        folder = place.volume / "models" / model / text
        manifest = json.loads((folder / "model-manifest.json").read_bytes())
        named = [manifest["formats"]["onnx"], *({"path": c["image"], "sha256": c["sha256"]} for c in manifest["golden"]["cases"])]
        for file in named:
            digest = hashlib.sha256((folder / file["path"]).read_bytes()).hexdigest()
            expect(digest == file["sha256"], f"{model}/{text}/{file['path']} is not as its manifest says")


def check_consistent(place):
    run_ok(place, "verify")
    status = json.loads(run_ok(place, "status --json"))
    expect(not status["recovery_pending"], "recovery is pending after recovery")
    left = [str(p) for p in place.volume.rglob("*") if ".tmp-" in p.name]
    expect(not left, f"left over: {left}")


def tree(place):
    """path -> (mode, bytes or text of the link) of everything in the place."""
    found = {}
    for folder, folders, files in os.walk(place.folder):
        for name in folders + files:
            path = os.path.join(folder, name)
            mode = os.lstat(path).st_mode
            content = b""
            if os.path.islink(path):
                content = os.readlink(path).encode()
            elif name in files:
                with open(path, "rb") as file:
                    content = file.read()
            found[os.path.relpath(path, place.folder)] = (mode, content)
    return found


_RANDOM = re.compile(rb"[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}|20\d\d-\d\d-\d\dT[0-9:.]+Z")


def fingerprint(place):
    """Places with the same one differ in random ids and in times only, so one check stands for all."""
    digest = hashlib.sha256()
    for path, (mode, content) in sorted((_RANDOM.sub(b"*", path.encode()), what) for path, what in tree(place).items()):
        digest.update(b"%s %o %s\n" % (path, mode, _RANDOM.sub(b"*", content)))
    return digest.hexdigest()


def check_answer(place, old, new, found, traced, instance, action):
    """The command's own word: what it said must be so, now. `found` is the state."""
    expect("terminate called" not in traced.err, traced.err)
    if action != "SIGKILL":
        expect(traced.code >= 0 and not traced.killed, f"it died: {traced.code}: {traced.err}")
    check_pointer(place, [json.loads(s)["pointers"] if s != "no volume" else {} for s in (old.state, new.state)])
    failed_sync = action != "SIGKILL" and instance.call in SYNCS
    expect(not (failed_sync and traced.code == 0), "a sync failed and the command reports success")
    if traced.code == 0:
        expect(found == new.state, "acknowledged, and yet not the new state: " + found)
    elif not traced.killed and "confirmed" not in traced.err:
        # An error that does not say so promises that nothing changed.
        expect(found == old.state, f"refused with '{traced.err.strip()}', and yet: {found}")


def check_afterwards(place, case, old, new, acknowledged):
    """`old` and `new` are states and paths. Recovers: exactly old or new, whole, nothing acknowledged lost; twice is once; the command can be run again."""
    run_ok(place, case.recover)
    found = state(place)
    expect(found == new.state or (found == old.state and not acknowledged), "neither old nor new: " + found)
    there = [at.paths for at in (old, new) if at.state == found]
    expect(paths(place) in there, f"files are left over or gone: {paths(place) ^ there[0]}")
    check_consistent(place)
    before = tree(place)
    run_ok(place, case.recover)
    expect(tree(place) == before, "the second recovery changed something")
    if found != new.state or case.repeatable:
        run_ok(place, case.finish)
    expect(state(place) == new.state, "repeated, and yet not new: " + state(place))
    check_consistent(place)
