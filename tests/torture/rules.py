"""What must hold of a place after a command was made to fail or was killed, whatever call that was."""
import collections
import hashlib
import json
import os
import pathlib
import re

from tracing import SYNCS

INTENTS = {"registering", "activating", "rolling_back", "stopping", "repairing"}
# What tells one change from another of its kind.
TOLD = ("event", "model_name", "version", "manifest_sha256", "file_sha256", "proposed_policy_sha256", "evidence", "key_id",
        "person")
NOT_REMEMBERED = "the journal is not the one that is remembered"


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
        if event["outcome"] != "abandoned":
            found.append({name: what[name] for name in TOLD if what[name] is not None})
    return found


def by_changes(found):
    """What the volume must say of itself because of them, as state() names it."""
    links, versions = {}, set()
    for change in found:
        model, version = change.get("model_name"), change.get("version")
        if change["event"] == "registering":
            versions.add(f"models/{model}/versions/{version}")
        elif change["event"] in ("activating", "rolling_back", "repairing"):
            links[model] = f"versions/{version}"
        elif change["event"] == "stopping":
            del links[model]
    return {"changes": found, "pointers": links, "versions": sorted(versions)}


def facts(names):
    """The digests in the names of files that state facts: evidence, approvals, policies."""
    return {pathlib.Path(name).stem for name in names if _FACT.search(name)}


def facts_by_changes(found):
    return {change["file_sha256"] for change in found if "file_sha256" in change}


def state(place):
    """Everything that a change can change, as text to compare."""
    if not (place.volume / "volume.json").exists():
        return "no volume"
    history = place.run("history --all --json")
    if history.returncode != 0 and "--accept-restored" in history.stderr:
        return NOT_REMEMBERED
    expect(history.returncode == 0, f"`lotmark history` ends with {history.returncode}: {history.stderr}")
    versions = sorted(str(p.relative_to(place.volume)) for p in place.volume.glob("models/*/versions/*"))
    return json.dumps({"changes": changes(json.loads(history.stdout)), "pointers": pointers(place), "versions": versions})


def paths(place):
    """Every file and link of the volume outside its journal: with a state come exactly these, none missing and none left
    over. Pointers, and what a copy made of one, are left out: the state tells them. Empty folders say nothing, nor does the
    top link, which is made ahead of the first activation and never changes."""
    found = (path for path in place.volume.rglob("*") if path.is_symlink() or not path.is_dir())
    names = {str(path.relative_to(place.volume)) for path in found}
    return {name for name in names if not name.startswith("journal/") and name not in ("lock", "model-manifest.json")
            and not _POINTER.match(name)}


def allowed(case, before, after):
    """What may be found of a command that was stopped somewhere, by the places without it and with it: the first is old, the
    last is new. Between them a command that makes several changes has made the first few."""
    old, new = (Allowed(state(place), paths(place)) for place in (before, after))
    if old.state == new.state:
        raise RuntimeError(f"{case.name}: the command changes nothing")
    if case.begins != "whole" or not old.state.startswith("{"):
        return [old, new]
    first, last = json.loads(old.state), json.loads(new.state)
    for found, names in ((first, old.paths), (last, new.paths)):
        if found != by_changes(found["changes"]) or facts(names) != facts_by_changes(found["changes"]):
            raise RuntimeError(f"{case.name}: the events do not explain {found}, {facts(names)}")
    return [old, *(partly(last["changes"][:n], old.paths | new.paths)
                   for n in range(len(first["changes"]) + 1, len(last["changes"]))), new]


def partly(found, names):
    there = by_changes(found)
    folders = tuple(folder + "/" for folder in there["versions"])

    def belongs(name):
        if "/versions/" in name:
            return name.startswith(folders)
        return facts([name]) <= facts_by_changes(found)
    return Allowed(json.dumps(there), {name for name in names if belongs(name)})


_FACT = re.compile(r"/[0-9a-f]{64}\.json$")
_POINTER = re.compile(r"models/[^/]+/active(/|$)")


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
    run_ok(place, "journal verify")
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


_RANDOM = re.compile(rb"[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}|20\d\d-\d\d-\d\dT[0-9:.]+Z"
                     rb"|\+[0-9a-f]{8}\+[A-Za-z0-9+/=]{44}")
_SIGNED = re.compile(rb"[A-Za-z0-9+/=]{43,}")  # roots and signatures


def without_chance(path, content):
    """`content` without what differs from run to run: ids, times, and what is computed from them."""
    if path.endswith(".key"):
        return b"a key"
    if path.endswith("journal/checkpoint") or path.startswith("state/"):
        content = _SIGNED.sub(b"*", content)
    return b"%d hashes" % len(content) if path.startswith("volume/journal/tile/0/") else _RANDOM.sub(b"*", content)


def fingerprint(place):
    """Places with the same one differ by chance only, so one check stands for all. That the hashes of a journal are right
    is looked at here."""
    digest = hashlib.sha256()
    found = tree(place)
    for path, (mode, content) in sorted(found.items()):
        digest.update(b"%s %o " % (_RANDOM.sub(b"*", path.encode()), mode))
        digest.update(without_chance(path, content) + b"\n")
        if path.startswith("volume/journal/tile/0/"):
            digest.update(b"%d" % hashes_are_right(content, found.get(path.replace("tile/0/", "tile/entries/"))))
    return digest.hexdigest()


def hashes_are_right(tile, entries):
    """Whether a level 0 tile holds the leaf hashes of the entry bundle, as C2SP tlog-tiles lays both out."""
    hashes, bundle = b"", entries[1] if entries else b""
    while bundle:
        size = int.from_bytes(bundle[:2], "big")
        hashes += hashlib.sha256(b"\0" + bundle[2:2 + size]).digest()
        bundle = bundle[2 + size:]
    return hashes == tile


def check_answer(place, outcomes, found, traced, instance, action):
    """The command's own word: what it said must be so, now. `found` is the state."""
    expect("terminate called" not in traced.err, traced.err)
    if action != "SIGKILL":
        expect(traced.code >= 0 and not traced.killed, f"it died: {traced.code}: {traced.err}")
    check_pointer(place, [json.loads(at.state)["pointers"] if at.state.startswith("{") else pointers(place)
                          for at in outcomes])
    if action != "SIGKILL" and instance.call in SYNCS and traced.code == 0:
        # What is remembered of a journal outside its volume may fail, as long as that is said.
        expect(traced.injected_into("state") and "not remembered" in traced.err, "a sync failed and the command reports success")
    if traced.code == 0:
        expect(found == outcomes[-1].state, "acknowledged, and yet not the new state: " + found)
    elif not traced.killed and "confirmed" not in traced.err:
        # An error that does not say so promises that nothing changed, but for the changes before it.
        expect(found in [at.state for at in outcomes[:-1]], f"refused with '{traced.err.strip()}', and yet: {found}")


def check_afterwards(place, case, outcomes, acknowledged):
    """Recovers: exactly old or new, whole, nothing acknowledged lost; twice is once; the command can be run again."""
    old, new = outcomes[0], outcomes[-1]
    recovered = place.run(case.recover)
    found = state(place)
    expect(found in [at.state for at in (outcomes[-1:] if acknowledged else outcomes)], "neither old nor new: " + found)
    still_wrong = case.begins == "wrong" and found == old.state
    expect(recovered.returncode == 0 or still_wrong, f"`{case.recover}` ends with {recovered.returncode}: {recovered.stderr}")
    there = next(at.paths for at in outcomes if at.state == found)
    expect(paths(place) == there, f"files are left over or gone: {paths(place) ^ there}")
    if not still_wrong:
        check_consistent(place)
    before = tree(place)
    again = place.run(case.recover)
    expect(again.returncode == recovered.returncode, "the second recovery: " + again.stderr)
    expect(tree(place) == before, "the second recovery changed something")
    if found != new.state or case.repeatable:
        run_ok(place, case.finish)
    expect(state(place) == new.state, "repeated, and yet not new: " + state(place))
    check_consistent(place)
