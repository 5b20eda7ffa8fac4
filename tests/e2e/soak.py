"""The load of scripts/soak: honest clients, hostile ones, a changing pointer, and what is asked of the service meanwhile."""
import http.client
import json
import random
import re
import sqlite3
import sys
import threading
import time
import uuid

import harness
import hostile

VERSIONS = ("2023-v1", "2024-v1")
SWAP_EVERY = 4  # seconds
GIVE_UP = 120  # seconds in which an honest request must get through, however busy the service is
# Growth after warm-up. Measured without a leak: one step of 32 MiB, which the heap keeps from the first large images, then
# nothing in 8,400 requests; each worker may take such a step.
MAX_GROWTH = 96 << 20
TRACES = 5


class Soak:
    """What all threads share. `faults` and `counts` are appended to and counted up under `lock`."""

    def __init__(self, service, seed):
        self.service, self.seed = service, seed
        self.images = harness.sample_images()
        self.expected = {}  # (version, image name) -> classes
        self.windows = []   # [version, from, until]: when a reply may name it
        self.rows = {}      # id -> (version, digest of the image)
        self.counts, self.faults, self.memory = {}, [], []
        self.lock, self.stop = threading.Lock(), threading.Event()

    def count(self, what):
        with self.lock:
            self.counts[what] = self.counts.get(what, 0) + 1

    def fault(self, text):
        with self.lock:
            self.faults.append(text)

    def learn(self, version):
        """What each image must be classified as: asked while nothing else goes on."""
        for name, image in self.images.items():
            status, reply = self.service.classify(image)
            assert status == 200 and reply["model_version"] == version, reply
            self.expected[version, name] = reply["classes"]

    def was_active(self, version, begin, end):
        with self.lock:
            return any(v == version and since <= end and begin <= until for v, since, until in self.windows)


def form_of(generator, image, own_id):
    """(path, content type, body) of one of the three ways to send an image."""
    kind = generator.randrange(3)
    if kind == 0:
        return f"/classify?id={own_id}", "image/jpeg", image
    fields = {"id": own_id, "patient_id": f"p-{generator.randrange(100)}"}
    if kind == 1:
        body, content_type = harness.multipart({"image": image, **fields})
        return "/classify", content_type, body
    return "/classify", "application/json", harness.json_body(image, **fields).encode()


def honest(soak, generator):
    """Classifies until the end, over kept and fresh connections; comes back with the same id when the service is busy."""
    connection = None
    while not soak.stop.is_set():
        if connection is None or generator.random() < 0.1:
            connection = http.client.HTTPConnection("127.0.0.1", soak.service.port, timeout=GIVE_UP)
        name = generator.choice(list(soak.images))
        own_id = str(uuid.UUID(int=generator.getrandbits(128), version=4))
        path, content_type, body = form_of(generator, soak.images[name], own_id)
        begin = time.monotonic()
        status = 503
        while status == 503 and time.monotonic() - begin < GIVE_UP:
            sent = time.monotonic()
            try:
                status, headers, reply = soak.service.request("POST", path, body, {"Content-Type": content_type}, connection)
            except (OSError, http.client.HTTPException) as cause:
                return soak.fault(f"honest request: {cause!r}")
            if status == 503:
                soak.count("honest, told to come back")
                if "Retry-After" not in headers:
                    soak.fault("503 without Retry-After")
                time.sleep(generator.uniform(0.02, 0.2))
        if status != 200:
            return soak.fault(f"honest request: {status} {reply[:300]}")
        check_reply(soak, json.loads(reply), name, own_id, sent)
    return None


def check_reply(soak, reply, name, own_id, sent):
    version = reply["model_version"]
    if reply["id"] != own_id or reply["classes"] != soak.expected[version, name]:
        soak.fault(f"wrong result: {name} {version} {reply}")
    if not soak.was_active(version, sent, time.monotonic()):
        soak.fault(f"{version} was not active: {reply}")
    with soak.lock:
        soak.rows[own_id] = (version, harness.sha256(soak.images[name]))
    soak.count("honest, answered")


def attacker(soak, generator):
    """One attack after the other; each must get its answer, or 503, and never 500."""
    listed = hostile.attacks(soak.images["lesion_01.jpg"])
    while not soak.stop.is_set():
        attack = generator.choice(listed)
        try:
            act = generator.random()
            if act < 0.70:
                exact(soak, attack)
            elif act < 0.85:
                mutilated(soak, generator, attack.data)
            else:
                dripping(soak, generator, attack.data)
        except OSError as cause:
            soak.fault(f"attack '{attack.name}': {cause!r}")


def exact(soak, attack):
    reply = hostile.run_attack(soak.service.port, attack)
    soak.count("attacks, exact")
    if reply is None or reply[0] not in (*attack.statuses, 503):
        soak.fault(f"attack '{attack.name}': {reply}")


def mutilated(soak, generator, data):
    """The same with bytes changed, cut or doubled; whatever comes of it, it is no 5xx but 501, 503 and 505."""
    data = bytearray(data[: generator.choice([200, 2000, 100_000])])
    for _ in range(generator.randrange(1, 20)):
        at = generator.randrange(len(data))
        data[at : at + generator.randrange(3)] = generator.randbytes(generator.randrange(3))
    with hostile.Client(soak.service.port) as client:
        client.send(bytes(data))
        if generator.random() < 0.3:
            return client.reset()
        client.finish()
        reply = client.reply()
    soak.count("attacks, mutilated")
    if reply is not None and reply[0] >= 500 and reply[0] not in (501, 503, 505):
        soak.fault(f"mutilated: {reply[0]} to {bytes(data[:300])}")
    return None


def dripping(soak, generator, data):
    """A byte now and then for a few seconds, then it goes away."""
    with hostile.Client(soak.service.port) as client:
        for at in range(generator.randrange(2, 30)):
            if soak.stop.is_set() or not client.send(data[at : at + 1]):
                break
            time.sleep(0.1)
        soak.count("attacks, dripping")
        if generator.random() < 0.5:
            client.reset()


def swapper(soak, activate):
    """Moves the pointer to and fro; keeps the times at which a reply may name which version."""
    current = 1
    while not soak.stop.wait(SWAP_EVERY):
        current = 1 - current
        with soak.lock:
            soak.windows.append([VERSIONS[current], time.monotonic(), float("inf")])
        activate(VERSIONS[current])
        soak.service.wait_for_active(VERSIONS[current])
        with soak.lock:
            soak.windows[-2][2] = time.monotonic()
        soak.count("swaps")


def watcher(soak, seconds):
    """Samples memory, sees the service end, shows progress."""
    begin = time.monotonic()
    while not soak.stop.wait(0.5):
        passed = time.monotonic() - begin
        if soak.service.process.poll() is not None:
            soak.fault(f"the service ended with {soak.service.process.returncode}")
            soak.stop.set()
            return
        soak.memory.append((passed, resident(soak.service.process.pid)))
        if sys.stdout.isatty():
            counts = f"{soak.counts.get('honest, answered', 0)} answered, {soak.counts.get('swaps', 0)} swaps"
            print(f"\r{passed:5.0f} of {seconds:.0f} s: {counts}, {soak.memory[-1][1] >> 20} MiB, "
                  f"{len(soak.faults)} faults ", end="", flush=True)
        if passed >= seconds:
            soak.stop.set()


def resident(pid):
    with open(f"/proc/{pid}/statm", encoding="ascii") as statm:
        return int(statm.read().split()[1]) * 4096


def growth(samples):
    """Bytes by which the last part of the time needs more than the first part after warm-up. What leaks raises the floor,
    which the lower quartile sees; large images in the making come and go above it."""
    late = [size for passed, size in samples if passed >= samples[-1][0] / 3]
    third = len(late) // 3
    if third == 0:
        return 0
    return sorted(late[-third:])[third // 4] - sorted(late[:third])[third // 4]


def check_rows(soak, records):
    database = sqlite3.connect(f"file:{records}?mode=ro", uri=True)
    stored = {row[0]: row[1:] for row in
              database.execute("SELECT id, model_version, image_sha256 FROM lesion_classifications")}
    if database.execute("PRAGMA integrity_check").fetchall() != [("ok",)]:
        soak.fault("the database is damaged")
    database.close()
    lost = [i for i, row in soak.rows.items() if stored.get(i) != row]
    if lost:
        soak.fault(f"{len(lost)} answered rows are not in the database, or not as answered: {lost[:3]}")


def check_end(soak, fixture, code):
    if code != 0:
        soak.fault(f"the service ended with {code}")
    log = soak.service.log_text()
    for line in re.findall(r".*(?:Sanitizer|runtime error|terminate called).*", log)[:5]:
        soak.fault(f"the service said: {line}")
    check_rows(soak, fixture.records)
    for own_id in random.Random(soak.seed).sample(sorted(soak.rows), min(TRACES, len(soak.rows))):
        trace = fixture.lotmark("trace", own_id, "--json")
        if trace.code != 0 or trace.json["classification"]["model_version"] != soak.rows[own_id][0]:
            soak.fault(f"trace {own_id}: {trace.out}{trace.err}")
    if growth(soak.memory) > MAX_GROWTH:
        soak.fault(f"memory grew by {growth(soak.memory) / (1 << 20):.0f} MiB after warm-up")
    for what, least in (("honest, answered", 10), ("attacks, exact", 10), ("swaps", 1)):
        if soak.counts.get(what, 0) < least:
            soak.fault(f"too little happened to say anything: {what}: {soak.counts.get(what, 0)}")


def run(seconds, seed, honest_clients, hostile_clients):
    """Returns the exit code."""
    print(f"soak: {seconds:.0f} s, {honest_clients} honest and {hostile_clients} hostile clients, seed {seed}", flush=True)
    fixture = harness.LotmarkTest()
    fixture.setUp()
    try:
        fixture.make_volume(*VERSIONS, activate=VERSIONS[0])
        soak = Soak(fixture.serve(), seed)
        soak.learn(VERSIONS[0])
        fixture.ok("activate", VERSIONS[1], "--reason", "soak")
        soak.service.wait_for_active(VERSIONS[1])
        soak.learn(VERSIONS[1])
        drive(soak, fixture, seconds, honest_clients, hostile_clients)
        check_end(soak, fixture, soak.service.terminate() if soak.service.process.poll() is None else -1)
        return report(soak)
    finally:
        fixture.doCleanups()


def drive(soak, fixture, seconds, honest_clients, hostile_clients):
    generator = random.Random(soak.seed)
    soak.windows.append([VERSIONS[1], 0.0, float("inf")])
    jobs = [(honest, soak, random.Random(generator.random())) for _ in range(honest_clients)]
    jobs += [(attacker, soak, random.Random(generator.random())) for _ in range(hostile_clients)]
    jobs += [(swapper, soak, lambda version: fixture.ok("activate", version, "--reason", "soak")), (watcher, soak, seconds)]

    def guarded(job):
        try:
            job[0](*job[1:])
        except Exception as cause:  # a thread that dies quietly would be load that is not there
            soak.fault(f"{job[0].__name__}: {cause!r}")

    threads = [threading.Thread(target=guarded, args=(job,)) for job in jobs]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()


def report(soak):
    print("\r" + " " * 100 + "\r", end="" if sys.stdout.isatty() else "\n")
    rows = sorted(soak.counts.items())
    sizes = [size for _, size in soak.memory]
    rows += [("memory at first, at most, at last (MiB)", " ".join(str(s >> 20) for s in (sizes[0], max(sizes), sizes[-1]))),
             ("growth after warm-up (MiB)", f"{growth(soak.memory) / (1 << 20):.1f}"), ("faults", len(soak.faults))]
    for name, value in rows:
        print(f"  {name:42} {value}")
    for fault in soak.faults[:20]:
        print(f"soak: FAULT: {fault}", file=sys.stderr)
    if soak.faults:
        print(soak.service.log_text()[-5000:], file=sys.stderr)
    print("soak: failed" if soak.faults else "soak: all good", flush=True)
    return 1 if soak.faults else 0
