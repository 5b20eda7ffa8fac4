"""People who approve: their keys, a policy that names them, and what they sign."""
import base64
import json

from harness import PreparedTest, sha256


class WithPeople(PreparedTest):
    names = {"ada": "Ada Lovelace", "grace": "Grace Hopper", "eve": "Eve Stranger", "ada2": "Ada Lovelace"}

    def make_keys(self, *keys):
        for key in keys:
            self.ok("keygen", key, "--no-passphrase")

    def key_id(self, key):
        body = "".join(self.public_key(key).splitlines()[1:-1])
        return sha256(base64.b64decode(body))

    def public_key(self, key):
        return (self.scratch / "keys" / f"{key}.pub").read_text()

    def policy_of(self, approvals, *people, **conditions):
        """A policy in which each of `people` is a tuple of that person's keys."""
        return {"format": 1, "activation": {"approvals": approvals, **conditions},
                "approvers": [{"name": self.names[keys[0]], "keys": [self.public_key(key) for key in keys]} for keys in people]}

    def policy_file(self, policy, name="policy.json"):
        path = self.scratch / name
        path.write_text(policy if isinstance(policy, str) else json.dumps(policy))
        return path

    def set_policy(self, *args, **conditions):
        return self.ok("policy", "set", self.policy_file(self.policy_of(*args, **conditions)), "--reason", "people approve now")

    def request(self, version=None, policy=None, **options):
        out = self.ok("approve", "request", *([version] if version else ["--policy", policy]), **options).out
        path = self.scratch / f"request-{version or 'policy'}.json"
        path.write_text(out)
        return path

    def sign(self, request, key, name=None, meaning="I approve clinical use"):
        """Signed on a machine that has no volume; returns the approval's path."""
        path = self.scratch / f"approval-{key}-{len(list(self.scratch.glob('approval-*')))}.json"
        self.ok("approve", "sign", request, "--key", key, "--name", name or self.names[key], "--meaning", meaning, "--out", path,
                "--yes", environment={"LOTMARK_VOLUME": "/nowhere"})
        return path

    def approve(self, version, *keys):
        request = self.request(version)
        for key in keys:
            self.ok("approve", "import", self.sign(request, key))

    def events(self):
        return self.ok("history", "--all", "--json").json

    def assert_unchanged(self, before):
        self.assertEqual(self.events(), before)
