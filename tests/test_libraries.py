"""The tables of well-known libraries see the textbook bug of each, and leave its right form alone."""

from __future__ import annotations

import pytest

from benchmarks.claims import library_options, stress_options
from lint_rmw.lint import Options, lint
from lint_rmw.source import Source
from lint_rmw.store import parse_profile

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
    "django, row saved by the names of its fields": (
        "from django.db import transaction",
        """
def describe(pk, text):
    version = Version.objects.get(pk=pk)
    with transaction.atomic():
        version.text = text
        version.save(using="default")  # RMW101
""",
        """
def describe(pk, text):
    version = Version.objects.get(pk=pk)
    with transaction.atomic():
        version.text = text
        version.save(update_fields=["text"])
""",
    ),
    "django, rows of a query one by one": (
        "from django.db import transaction",
        """
def correct(schema):
    for version in Version.objects.filter(status="draft"):
        with transaction.atomic():
            locked = Version.objects.select_for_update().get(pk=version.pk)
            version.metadata = convert(locked.metadata, schema)
            version.save()  # RMW101
""",
        """
def correct(schema):
    for version in Version.objects.filter(status="draft"):
        with transaction.atomic():
            version = Version.objects.select_for_update().get(pk=version.pk)
            version.metadata = convert(version.metadata, schema)
            version.save()
""",
    ),
    "django, rows of a query at once": (
        "from django.db import transaction",
        """
def count(ids):
    rows = [row for row in Row.objects.filter(pk__in=ids) if row.open]
    for row in rows:
        row.count += 1
    with transaction.atomic():
        Row.objects.bulk_update(rows, ["count"])  # RMW101
""",
        """
def count(ids):
    with transaction.atomic():
        rows = [row for row in Row.objects.select_for_update().filter(pk__in=ids) if row.open]
        for row in rows:
            row.count += 1
        Row.objects.bulk_update(rows, ["count"])
""",
    ),
    "django, two rows": (
        "from django.db import transaction",
        """
def accept(request, code):
    project = get_object_or_404(Project, code=code)
    member = Member.objects.get(project=project, user=request.user)
    with transaction.atomic():
        member.user = project.owner
        member.save()  # RMW101
        project.owner = request.user
        project.save()  # RMW101
""",
        """
def accept(request, code):
    project = get_object_or_404(Project, code=code)
    member = Member(project=project, user=request.user)
    with transaction.atomic():
        member.save()
        entry = request.form.save(commit=False)
        entry.project = project
        entry.save()
""",
    ),
    "django, version compared": (
        "from django.db import transaction",
        """
def total(pk):
    order = Order.objects.get(pk=pk)
    order.total = taxes(order)
    with transaction.atomic():
        locked = Order.objects.select_for_update().get(pk=pk)
        if locked.owner == order.owner:
            order.save()  # RMW101
""",
        """
def total(pk):
    order = Order.objects.get(pk=pk)
    order.total = taxes(order)
    with transaction.atomic():
        locked = Order.objects.select_for_update().get(pk=pk)
        if locked.updated_at == order.updated_at:
            order.save()
""",
    ),
    "django, method of the row": (
        "from django.db import transaction",
        """
class Check(models.Model):
    def ping(self, status):
        with transaction.atomic():
            self.status = status
            self.save()  # RMW101

def ping(code):
    check = Check.objects.get(code=code)
    check.ping("up")
""",
        """
class Check(models.Model):
    def ping(self, status):
        with transaction.atomic():
            self = Check.objects.select_for_update().get(pk=self.pk)
            self.status = status
            self.save()

def ping(code):
    check = Check.objects.get(code=code)
    check.ping("up")
""",
    ),
    "django, row that forgot where it was read": (
        "from django.db import transaction",
        """
def clone(pk):
    row = Row.objects.get(pk=pk)
    row.name = "copy"
    with transaction.atomic():
        row.save()  # RMW101
""",
        """
def clone(pk):
    row = Row.objects.get(pk=pk)
    row.pk = None
    with transaction.atomic():
        row.save()
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
    "redis, text of a function of another module": (
        "import redis\nfrom settings import get",
        """
def count(client, key):
    number = int(client.get(key)) + int(get("step"))
    with client.lock("count"):
        client.set(key, number)  # RMW101
""",
        """
def count(client, key):
    step = int(get("step"))
    client.set(f"{key}.step", client.get(key))
    with client.lock("count"):
        client.set(key, int(client.get(key)) + step)
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
    "diskcache, reached by a wait": (
        "import diskcache",
        """
async def count(pool, key):
    number = (await pool.cache()).get(key, 0) + 1
    with (await pool.cache()).transact():
        (await pool.cache()).set(key, number)  # RMW101
""",
        """
async def count(pool, key):
    with (await pool.cache()).transact():
        (await pool.cache()).set(key, (await pool.cache()).get(key, 0) + 1)
""",
    ),
    "diskcache beside redis": (
        "import diskcache, redis",
        """
def count(cache, key):
    number = cache.get(key, 0) + 1
    with cache.transact():
        cache.set(key, number)  # RMW101
""",
        """
def mirror(cache, client, key):
    number = client.hget(key, "count")
    with cache.transact():
        cache.set(key, number)
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
    "sqlalchemy, row set by the names of its columns": (
        "import sqlalchemy",
        """
def count(sessions, key):
    row = sessions().query(Row).get(key)
    with sessions.begin() as session:
        session.execute(update(Row).values(count=row.count + 1))  # RMW101
""",
        """
def count(sessions, key):
    with sessions.begin() as session:
        session.execute(update(Row).values(count=Row.count + 1))
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
    "firestore, counted by a method": (
        "from google.cloud import firestore\nimport google.cloud.firestore",
        """
class Counter:
    @firestore.transactional
    def keep(self, transaction, ref, number):
        transaction.update(ref, {"count": number})  # RMW101

    def count(self, client, ref):
        self.keep(client.transaction(), ref, ref.get().get("count") + 1)
""",
        """
class Counter:
    @firestore.transactional
    def keep(self, transaction, ref, number):
        transaction.update(ref, {"count": number})

    def count(self, client, ref, number):
        self.keep(client.transaction(), ref, number)
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


# What a table of one's own may say besides: the table, the bug with the code it must get, and the right form.
OWN: dict[str, tuple[dict[str, object], str, str]] = {
    "a write that names the state it writes to": (
        {
            "section": ["with edit(STORE) as FRESH"],
            "read": ["peek(STORE)"],
            "write": ["keep(FRESH, KEY, VALUE)"],
        },
        """
def move(path, key):
    entry = peek(path)[key]
    with edit(path) as state:
        keep(state, key, entry)  # RMW101
""",
        """
def move(path, key, drawer):
    entry = peek(path)[key]
    with edit(path) as state:
        keep(drawer, key, entry)
""",
    ),
    "the object that is locked, told from another": (
        {
            "section": ["with STORE.transact(...)"],
            "read": ["STORE.get(KEY)"],
            "write": ["STORE[KEY] = VALUE"],
        },
        """
def move(cache, other, key):
    entry = cache.get(key)
    with cache.transact(), other.transact():
        cache[key] = entry  # RMW101
""",
        """
def move(cache, key):
    entry = cache.get(key)
    drawer = {}
    with cache.transact():
        drawer[key] = entry
        print(drawer)
""",
    ),
    "the object that is read from goes by its name": (
        {"section": ["with edit(STORE) as FRESH"], "read": ["drawer.peek(KEY)"]},
        """
def rename(app, path, key, label):
    entry = {**app.drawer.peek(key), "label": label}
    with edit(path) as state:
        state[key] = entry  # RMW101
""",
        """
def rename(app, path, key, label):
    entry = {**app.lid.peek(key), **drawer.box.peek(key), **peek(key), "label": label}
    with edit(path) as state:
        state[key] = entry
""",
    ),
    "the state is one of several things handed over": (
        {"section": ["with edit(STORE) as (_, FRESH)"], "read": ["peek(STORE)"]},
        """
def rename(path, key, label):
    entry = {**peek(path)[key], "label": label}
    with edit(path) as (log, state):
        log(label)
        state[key] = entry  # RMW101
""",
        """
def rename(path, key, label):
    with edit(path) as (log, state):
        log(label)
        state[key] = {**state[key], "label": label}
""",
    ),
    "the state is handed over by its name": (
        {"section": ["change(STORE, BODY(state=FRESH))"], "read": ["peek(STORE)"], "returns": "none"},
        """
def rename(path, key, label):
    entry = {**peek(path)[key], "label": label}

    def body(*, state):
        state[key] = entry  # RMW101

    change(path, body)
""",
        """
def rename(path, key, label):
    def body(*, state):
        state[key] = {**state[key], "label": label}
        return state[key]

    nothing = change(path, body)
    change(path, lambda *, state: state.update({key: nothing}))
""",
    ),
    "a decorator hands the state over by its name": (
        {"section": ["@changing(STORE) BODY(state=FRESH)"], "read": ["peek(STORE)"]},
        """
def rename(path, key, label):
    @changing(path)
    def body(entry, state):
        state[key] = entry  # RMW101

    body({**peek(path)[key], "label": label})
""",
        """
def rename(path, key, label):
    @changing(path)
    def body(title, state):
        state[key] = {**state[key], "label": title}

    body(label)
""",
    ),
    "a name in a pattern stands for itself": (
        {"section": ["with edit(STORE) as FRESH"], "read": ["peek(STORE, CACHED)"]},
        """
def rename(path, key, label):
    entry = {**peek(path, modes.CACHED)[key], "label": label}
    with edit(path) as state:
        state[key] = entry  # RMW101
""",
        """
def rename(path, key, label):
    template = {**peek(path, modes.TEMPLATE)[key], "label": label}
    with edit(path) as state:
        state[key] = template
""",
    ),
    "a write is safe by what it says": (
        {
            "section": ["with edit(STORE) as FRESH"],
            "read": ["peek(STORE)"],
            "write": ["VALUE.save(...)"],
            "safe": ["VALUE.save(..., only=_)"],
        },
        """
def rename(path, key, label):
    entry = peek(path)[key]
    with edit(path):
        entry["label"] = label
        entry.save(True)  # RMW101
""",
        """
def rename(path, key, label):
    entry = peek(path)[key]
    with edit(path):
        entry["label"] = label
        entry.save(only=["label"])
""",
    ),
    "a write to the store itself": (
        {
            "section": ["with STORE.alone()", "with guard()"],
            "read": ["STORE.peek(KEY)"],
            "write": ["STORE[KEY] = VALUE", "rows[KEY] = VALUE", "STORE.put(VALUE)"],
        },
        """
def rename(db, key, label):
    entry = db.peek(key)
    with db.alone():
        db[key] = {**entry, "label": label}  # RMW101
        db[key.lower()] = entry  # RMW101
""",
        """
def rename(db, rows, key, other, label, opened):
    entry = db.peek(key)
    with db.alone():
        db[other] = {**entry, "label": label}
        rows[key] = entry
        db["own"] = entry
    with guard():
        opened(db)[key] = entry
        db.put({})[key] = entry
""",
    ),
    "an attribute is the store": (
        {"section": ["with LOCK"], "read": ["client.get(...)"], "write": ["self.memo = VALUE"]},
        """
class Rules:
    def refresh(self):
        loaded = client.get("rules")
        with self._lock:
            self.memo = loaded  # RMW101
""",
        """
class Rules:
    def refresh(self):
        first = client.get("rules")
        with self._lock:
            self.first = first
            self.memo = client.get("rules")
""",
    ),
    "a method of an entry": (
        {
            "section": ["with alone(...)"],
            "read": ["fetch(KEY)"],
            "write": ["VALUE.save()"],
            "entries": ["Check"],
        },
        """
class Check:
    def ping(self, status):
        with alone():
            self.status = status
            self.save()  # RMW101
""",
        """
class Check:
    def __init__(self, status):
        with alone():
            self.status = status
            self.save()

    def ping(self, status):
        with alone():
            self = fetch(self.pk)
            self.status = status
            self.save()

    def fail(self):
        with alone():
            self.save()

def fail(key):
    with alone():
        fetch(key).fail()
""",
    ),
    "a lock that is taken by hand": (
        {"section": ["with LOCK"], "read": ["self._load()"], "save": ["self._save(VALUE)"]},
        """
class Registry:
    def add(self, name):
        servers = self._load()
        self._lock.acquire()
        servers[name] = {}
        self._save(servers)  # RMW101
        self._lock.release()
        self._save(servers)  # RMW301
""",
        """
class Registry:
    async def add(self, name):
        await self._lock.acquire()
        servers = self._load()
        if name in servers:
            self._lock.release()
            return
        servers[name] = {}
        self._save(servers)
        self._lock.release()

    def remove(self, name):
        if not self._lock.acquire(timeout=3):
            raise TimeoutError
        try:
            servers = self._load()
            del servers[name]
            self._save(servers)
        finally:
            self._lock.release()

    @asynccontextmanager
    async def _locked(self):
        await self._lock.aacquire()
        try:
            yield
        finally:
            await self._lock.arelease()

    async def rename(self, name, title):
        async with self._locked():
            servers = self._load()
            servers[name]["title"] = title
            self._save(servers)
""",
    ),
    "a helper whose callers hold the lock": (
        {"section": ["with LOCK"], "read": ["self._load()"], "save": ["self._save(VALUE)"]},
        """
class Registry:
    def put(self, name):
        servers = self._load()
        servers[name] = {}
        self._save(servers)  # RMW301

    def add(self, name):
        with self._lock:
            self.put(name)

    def _drop(self, name):
        servers = self._load()
        del servers[name]
        self._save(servers)  # RMW301

    def drop(self, name):
        with self._lock:
            self._drop(name)

    def drop_now(self, name):
        self._drop(name)
""",
        """
class Registry:
    def _put(self, name):
        servers = self._load()
        servers[name] = {}
        self._save(servers)

    def add(self, name):
        with self._lock:
            self._put(name)

    def drop_locked(self, name):
        servers = self._load()
        del servers[name]
        self._save(servers)
""",
    ),
    "only a call is a write": (
        {
            "section": ["with STORE.alone()"],
            "read": ["STORE.peek(KEY)"],
            "write": ["STORE.put(KEY, VALUE)", "rows[KEY] = VALUE"],
        },
        """
def rename(db, key, label):
    entry = db.peek(key)
    with db.alone():
        db.put(key, {**entry, "label": label})  # RMW101
""",
        """
def rename(db, key, label):
    entry = db.peek(key)
    with db.alone():
        db[key] = {**entry, "label": label}
""",
    ),
    "nothing is handed over": (
        {"section": ["alone(STORE, BODY())"], "read": ["peek(STORE)"], "write": ["keep(STORE, KEY, VALUE)"]},
        """
def rename(path, key, label):
    entry = {**peek(path)[key], "label": label}
    alone(path, lambda: keep(path, key, entry))  # RMW101
""",
        """
def rename(path, key, label):
    alone(path, lambda: keep(path, key, {**peek(path)[key], "label": label}))
""",
    ),
    "any function that is handed a body by that name": (
        {"section": ["_(STORE, mutate=BODY(FRESH))"], "read": ["peek(STORE)"]},
        """
def rename(path, key, label):
    entry = {**peek(path)[key], "label": label}
    under_lock(path, mutate=lambda state: state.update({key: entry}))  # RMW101
""",
        """
def rename(path, key, label):
    under_lock(path, mutate=lambda state: state[key].update(label=label))
""",
    ),
    "a method of what a call gives back": (
        {
            "section": ["with session(STORE).begin() as FRESH"],
            "read": ["session(STORE).peek()"],
            "write": ["rows[KEY].put(VALUE)"],
        },
        """
def rename(path, key, label):
    entry = {**session(path).peek()[key], "label": label}
    with session(path).begin() as state:
        state[key] = entry  # RMW101
""",
        """
def rename(path, key, label, others):
    entry = {**others(path).peek()[key], "label": label}
    with others(path).begin() as state:
        state[key] = entry
        others[key].put(session(path).peek())
""",
    ),
}


def _found(imports: str, code: str, options: Options | None = None) -> list[tuple[int, str]]:
    source = Source.from_text(imports + "\n" + code, "module.py")
    return [(finding.span.start.line, finding.code) for finding in lint(source, options or library_options())]


def _wanted(imports: str, code: str) -> list[tuple[int, str]]:
    lines = (imports + "\n" + code).splitlines()
    return [(number, line.rpartition("# ")[2]) for number, line in enumerate(lines, 1) if "# RMW" in line]


@pytest.mark.parametrize("case", CASES)
def test_the_textbook_bug_is_found_and_its_right_form_is_not(case: str) -> None:
    imports, bad, right = CASES[case]
    assert _found(imports, bad) == _wanted(imports, bad)
    assert _found(imports, right) == []


@pytest.mark.parametrize("case", OWN)
def test_a_table_of_ones_own_is_obeyed(case: str) -> None:
    table, bad, right = OWN[case]
    options = Options(profiles=(parse_profile("own", table, "pyproject.toml"),))
    assert _found("", bad, options) == _wanted("", bad)
    assert _found("", right, options) == []


def test_the_broad_store_takes_every_lock_for_its_own() -> None:
    source = Source.from_text(
        "def f(db, lock, key):\n    x = db.get(key)\n    with lock:\n        db.set(key, x)\n", "module.py"
    )
    assert [finding.code for finding in lint(source, stress_options())] == ["RMW101"]
