"""The tables of well-known libraries see the textbook bug of each, and leave its right form alone."""

from __future__ import annotations

import pytest

from benchmarks.claims import library_options, stress_options
from lint_rmw.lint import lint
from lint_rmw.source import Source

# Library: what every module needs, the bug with the code it must get, and the right form.
CASES = {
    "django, row read before the transaction": (
        "from django.db import transaction",
        """
def describe(pk, text):
    version = Version.objects.get(pk=pk)
    with transaction.atomic():
        version.text = text
        version.save()  # RMW101
""",
        """
def describe(pk, text):
    with transaction.atomic():
        version = Version.objects.select_for_update().get(pk=pk)
        version.text = text
        version.save()
""",
    ),
    "django, row handed to an atomic function": (
        "from django.db import transaction",
        """
@transaction.atomic
def store(version, text):
    version.text = text
    version.save()  # RMW101

def describe(pk, text):
    store(Version.objects.get(pk=pk), text)
""",
        """
@transaction.atomic
def store(pk, text):
    version = Version.objects.get(pk=pk)
    version.text = text
    version.save()
""",
    ),
    "redis, transaction": (
        "import redis",
        """
def count(client, key):
    number = int(client.get(key)) + 1

    def body(pipe):
        pipe.multi()
        pipe.set(key, number)  # RMW101

    client.transaction(body, key)
""",
        """
def count(client, key):
    def body(pipe):
        number = int(pipe.get(key)) + 1
        pipe.multi()
        pipe.set(key, number)

    client.transaction(body, key)
""",
    ),
    "redis, pipeline": (
        "import redis",
        """
def count(client, key):
    number = int(client.get(key)) + 1
    with client.pipeline() as pipe:
        pipe.set(key, number)  # RMW101
        pipe.execute()
""",
        """
def count(client, key):
    with client.pipeline() as pipe:
        pipe.watch(key)
        number = int(pipe.get(key)) + 1
        pipe.multi()
        pipe.set(key, number)
        pipe.execute()
""",
    ),
    "redis, lock": (
        "import redis",
        """
def count(client, key):
    number = int(client.get(key)) + 1
    with client.lock("count"):
        client.set(key, number)  # RMW101
""",
        """
def count(client, key):
    with client.lock("count"):
        client.set(key, int(client.get(key)) + 1)
""",
    ),
    "diskcache": (
        "import diskcache",
        """
def count(cache, key):
    number = cache.get(key, 0) + 1
    with cache.transact():
        cache[key] = number  # RMW101
""",
        """
def count(cache, key):
    with cache.transact():
        cache[key] = cache.get(key, 0) + 1
""",
    ),
    "lmdb, value from an earlier transaction": (
        "import lmdb",
        """
def count(env, key):
    with env.begin() as txn:
        number = int(txn.get(key)) + 1
    with env.begin(write=True) as txn:
        txn.put(key, str(number))  # RMW101
""",
        """
def count(env, key):
    with env.begin(write=True) as txn:
        txn.put(key, str(int(txn.get(key)) + 1))
""",
    ),
    "sqlalchemy, row of an earlier session": (
        "import sqlalchemy",
        """
def count(sessions, key):
    with sessions() as earlier:
        row = earlier.query(Row).get(key)
    row.count += 1
    with sessions.begin() as session:
        session.merge(row)  # RMW101
""",
        """
def count(sessions, key):
    with sessions.begin() as session:
        row = session.query(Row).get(key)
        row.count += 1
""",
    ),
    "firestore, read that does not name the transaction": (
        "from google.cloud import firestore\nimport google.cloud.firestore",
        """
@firestore.transactional
def count(transaction, ref):
    snapshot = ref.get()
    transaction.update(ref, {"count": snapshot.get("count") + 1})  # RMW302
""",
        """
@firestore.transactional
def count(transaction, ref):
    snapshot = ref.get(transaction=transaction)
    transaction.update(ref, {"count": snapshot.get("count") + 1})
""",
    ),
    "shelve": (
        "import shelve",
        """
def label(path, key):
    with shelve.open(path) as shelf:
        entry = shelf.get(key)
    entry = {**entry, "label": 1}
    with shelve.open(path) as shelf:
        shelf[key] = entry  # RMW101
""",
        """
def label(path, key):
    with shelve.open(path) as shelf:
        shelf[key] = {**shelf.get(key), "label": 1}
""",
    ),
    "file, loaded before its lock": (
        "import json\nfrom filelock import FileLock",
        """
def add(path, key):
    with open(path) as stream:
        data = json.load(stream)
    data[key] = 1
    with FileLock(f"{path}.lock"), open(path, "w") as stream:
        json.dump(data, stream)  # RMW101
""",
        """
def add(path, key):
    with FileLock(f"{path}.lock"):
        with open(path) as stream:
            data = json.load(stream)
        data[key] = 1
        with open(path, "w") as stream:
            json.dump(data, stream)
""",
    ),
    "file, written as text under a thread's lock": (
        "import json",
        """
class Settings:
    def add(self, key):
        data = json.loads(self.path.read_text())
        data[key] = 1
        with self._lock:
            self.path.write_text(json.dumps(data))  # RMW101
""",
        """
class Settings:
    def add(self, key):
        with self._lock:
            data = json.loads(self.path.read_text())
            data[key] = 1
            self.path.write_text(json.dumps(data))
""",
    ),
    "file, no lock at all": (
        "import json",
        """
def add(path, key):
    with open(path) as stream:
        data = json.load(stream)
    data[key] = 1
    with open(path, "w") as stream:
        json.dump(data, stream)  # RMW301
""",
        """
def reset(path, key):
    with open(path, "w") as stream:
        json.dump({key: 1}, stream)
""",
    ),
}


def _found(imports: str, code: str) -> list[tuple[int, str]]:
    source = Source.from_text(imports + "\n" + code, "module.py")
    return [(finding.span.start.line, finding.code) for finding in lint(source, library_options())]


@pytest.mark.parametrize("case", CASES)
def test_the_textbook_bug_is_found_and_its_right_form_is_not(case: str) -> None:
    imports, bad, right = CASES[case]
    wanted = [
        (number, line.rpartition("# ")[2])
        for number, line in enumerate((imports + "\n" + bad).splitlines(), 1)
        if "# RMW" in line
    ]
    assert _found(imports, bad) == wanted
    assert _found(imports, right) == []


def test_the_broad_store_takes_every_lock_for_its_own() -> None:
    source = Source.from_text(
        "def f(db, lock, key):\n    x = db.get(key)\n    with lock:\n        db.set(key, x)\n", "module.py"
    )
    assert [finding.code for finding in lint(source, stress_options())] == ["RMW101"]
