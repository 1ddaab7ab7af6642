"""Turns a plan of the grid into the lines of a handler."""

from __future__ import annotations

from tests.generator.absences import may_be_none, may_raise
from tests.generator.imports import assembled
from tests.generator.plan import Plan
from tests.generator.reads import RAISING, TESTED, read_entry
from tests.generator.recipe import Built, Recipe
from tests.generator.recipes import RECIPES
from tests.generator.sections import Outer, is_async, is_entry, opened, returned, written, written_expression
from tests.generator.text import MARK, Names, block


def rendered(plan: Plan) -> list[str]:
    """Returns the marked lines of the program."""
    return _Grid(plan).lines()


class _Grid:
    def __init__(self, plan: Plan) -> None:
        self.plan = plan
        self.names = Names.chosen(plan.salt)
        self.recipe: Recipe = RECIPES[plan.recipe]
        self.module: list[str] = []

    def lines(self) -> list[str]:
        plan, names = self.plan, self.names
        self.module += [*self.recipe.module, "", ""] if self.recipe.module else []
        body = self._read(self._after_the_read())
        define = "async def" if is_async(plan.section) else "def"
        handler = block(f"{define} handle({names.path}, {names.key}, {names.request}):", body)
        helpers = [*self.module, "", ""] if self.module else []
        return assembled("A generated handler.", [*helpers, *handler])

    def _after_the_read(self) -> list[str]:
        plan = self.plan
        parent = f'parent = load_session_store({self.names.path})["agent:main:parent"]'
        body = [parent] if plan.root == "other" else []
        body += self._outside_guard()
        body += self._noise_before()
        if plan.place == "outside":
            body += self._build_outside()
        body += self._noise_between()
        body += self._own_write()
        body += self._section()
        if "return-stale" in plan.noises and self._reads_stale():
            body.append(f"return {self.names.entry}")
        return body

    def _needs_entry(self) -> bool:
        plan = self.plan
        guarded = plan.guard.startswith(("stale", "version", "whole", "identity"))
        # A builder that ignores what it is handed is worth handing the stale entry.
        handed = self._mentions_root() or plan.builder != "inline"
        return guarded or (plan.root == "stale" and handed)

    def _mentions_root(self) -> bool:
        lines, value = self.recipe.build("\0", "\1")
        return "\0" in "".join([*lines, value])

    def _reads_stale(self) -> bool:
        return self._needs_entry() or bool({"log", "dead"} & set(self.plan.noises))

    def _read(self, rest: list[str]) -> list[str]:
        n, plan = self.names, self.plan
        if plan.section == "unlocked":
            read = [f"{n.store} = load_session_store({n.path})", f"{n.entry} = {n.store}[{n.key}]"]
            return [*read, *rest]
        if not self._reads_stale():
            return rest
        module, lines = read_entry(plan.read, n)
        self.module += module
        if plan.read in TESTED:
            return [*lines, *rest]
        return (may_raise if plan.read in RAISING else may_be_none)(plan.absent, n, lines, rest)

    def _own_write(self) -> list[str]:
        """What the handler itself writes after its read, before the section; the read is older than that."""
        n, plan = self.names, self.plan
        if plan.turns == "own-save":
            change = [f"saved = load_session_store({n.path})", f'saved[{n.key}]["state"] = "busy"']
            return [*change, f"save_session_store({n.path}, saved){MARK}"]
        if plan.turns != "own-section":
            return []
        mark = f'lambda stored: stored[{n.key}].update(state="busy")'
        if is_async(plan.section):
            return [f"await update_session_store_async({n.path}, {mark})"]
        return [f"update_session_store({n.path}, {mark})"]

    def _condition(self, entry: str) -> str:
        # The entry's own state, for a write to another field, is what a policy check looks at.
        if self.plan.guard.endswith("same") and self.recipe.shape != "entry":
            field = self.recipe.field or "label"
            return (
                f'{entry}.get("{field}") == "closed"'
                if field in ("label", "model")
                else f'{entry}.get("{field}")'
            )
        return f'{entry}.get("policy") == "deny"'

    def _outside_guard(self) -> list[str]:
        if not self.plan.guard.startswith("stale-outside"):
            return []
        return [f"if {self._condition(self.names.entry)}:", "    return None"]

    def _noise_before(self) -> list[str]:
        n, noises = self.names, self.plan.noises
        lines: list[str] = []
        if "log" in noises:
            lines.append(f'logger.info("session %s has label %s", {n.key}, {n.entry}.get("label"))')
        if "print" in noises:
            lines.append(f'print("changing", {n.key})')
        if "dead" in noises:
            lines.append(f'seen = {n.entry}.get("count")')
        if "comprehension" in noises:
            lines.append(f"words = [word for word in {n.request}.tags if word]")
        return lines

    def _noise_between(self) -> list[str]:
        n, noises = self.names, self.plan.noises
        lines: list[str] = []
        if "pause" in noises and is_async(self.plan.section):
            lines.append("await asyncio.sleep(0)")
        if "match" in noises:
            cases = [*block('case "quiet":', ["loud = False"]), *block("case _:", ["loud = True"])]
            lines += block(f"match {n.request}.label:", cases)
        if "unpack" in noises:
            lines.append(f"wanted, where = {n.request}.label, {n.request}.to")
        if "branch" in noises:
            lines += [f"if {n.request}.deliver:", '    mode = "deliver"', "else:", '    mode = "keep"']
        return lines

    def _built(self, root: str, request: str) -> Built:
        """The value made from a root, by way of the builder; the builder's definition goes to the module."""
        recipe, name = self.recipe, self.names.builder
        if self.plan.builder == "inline":
            return recipe.build(root, request)
        lines, value = recipe.build("source", "given")
        definition = block(f"def {name}(source, given):", [*lines, f"return {value}"])
        match self.plan.builder:
            case "function":
                self.module += [*definition, "", ""]
            case "function-of-function":
                self.module += [*definition, "", ""]
                inner = [f"made = {name}(source, given)", "return made"]
                self.module += [*block(f"def {name}_for(source, given):", inner), "", ""]
                return [], f"{name}_for({root}, {request})"
            case "class":
                lines, value = recipe.build("self.source", "self.given")
                init = block(
                    "def __init__(self, source, given):", ["self.source = source", "self.given = given"]
                )
                make = block("def make(self):", [*lines, f"return {value}"])
                self.module += [*block("class _Builder:", [*init, "", *make]), "", ""]
                return [], f"_Builder({root}, {request}).make()"
            case "lambda" if not lines:
                return [f"{name} = lambda source, given: {value}"], f"{name}({root}, {request})"
            case _:
                return definition, f"{name}({root}, {request})"
        return [], f"{name}({root}, {request})"

    def _outside_root(self) -> str:
        return "parent" if self.plan.root == "other" else self.names.entry

    def _build_outside(self) -> list[str]:
        n, noises = self.names, self.plan.noises
        root = self._outside_root() if self._needs_entry() or self.plan.root == "other" else "{}"
        lines, value = self._built(root, n.request)
        annotation = ": object" if "annotated" in noises else ""
        assigned = [*lines, f"{n.value}{annotation} = {value}"]
        if "aliased-value" in noises:
            assigned[-1:] = [f"made = {value}", f"{n.value}{annotation} = made"]
        if "loop" in noises and not self.recipe.mutates_root:
            assigned = block("for _attempt in range(2):", assigned)
        return assigned

    def _section(self) -> list[str]:
        n, plan = self.names, self.plan
        if plan.section == "unlocked":
            return [*self._unlocked(), f"save_session_store({n.path}, {n.store}){MARK}"]
        stays = plan.turns in ("twice", "loop") or ("return-stale" in plan.noises and self._reads_stale())
        result = "" if stays else "return "
        section = opened(plan.section, plan.capture, n, self._body, coroutine=plan.coroutine, result=result)
        if section.module:
            self.module += [*section.module, "", ""]
        lines = section.inside
        if plan.turns == "twice":
            lines = [*lines, lines[-1]]
        if plan.turns == "loop":
            lines = block("for _round in range(2):", lines)
        if "finally" in plan.noises:
            return [*block("try:", lines), *block("finally:", [f'logger.debug("done with %s", {n.key})'])]
        if "except" in plan.noises:
            return [*block("try:", lines), *block("except OSError:", ["raise"])]
        return lines

    def _unlocked(self) -> list[str]:
        n = self.names
        lines, value = ([], n.value) if self.plan.place == "outside" else self._built(n.entry, n.request)
        return [*lines, *written(self.recipe, self.plan.write, n.store, n.key, value)]

    def _body(self, handed: str, outer: Outer) -> list[str]:
        plan, n = self.plan, self.names
        lines, value = self._value_inside(handed, outer)
        if is_entry(plan.section):
            write = [f"return {returned(self.recipe, plan.write, handed, value)}{MARK}"]
        elif plan.capture == "lambda":
            write = [f"{written_expression(self.recipe, plan.write, handed, outer(n.key), value)}{MARK}"]
        else:
            write = written(self.recipe, plan.write, handed, outer(n.key), value)
        return self._guarded(handed, outer, [*lines, *write])

    def _value_inside(self, handed: str, outer: Outer) -> Built:
        plan, n = self.plan, self.names
        if plan.place == "outside":
            return [], outer(n.value)
        if not self._mentions_root() and plan.builder == "inline":
            return self._built("{}", outer(n.request))
        if plan.root in ("stale", "other"):
            return self._built(outer(self._outside_root()), outer(n.request))
        if is_entry(plan.section):
            return self._built(handed, outer(n.request))
        key = outer(n.key)
        read = {
            "fresh": f"{handed}[{key}]",
            "cached-inside": f"load_session_store({outer(n.path)})[{key}]",
            "fresh-load": f"load_session_store({outer(n.path)}, skip_cache=True)[{key}]",
        }[plan.root]
        if plan.capture == "lambda":
            return self._built(read, outer(n.request))
        lines, value = self._built("source_entry", outer(n.request))
        return [f"source_entry = {read}", *lines], value

    def _guarded(self, handed: str, outer: Outer, lines: list[str]) -> list[str]:
        guard, n = self.plan.guard, self.names
        if guard == "none" or guard.startswith("stale-outside"):
            return lines
        entry_given = is_entry(self.plan.section)
        if guard.startswith("stale-inside"):
            condition = self._condition(outer(n.entry))
            return self._unless(condition, f"not ({condition})", lines)
        if guard == "fresh-exists":
            return self._unless(f"{outer(n.key)} not in {handed}", f"{outer(n.key)} in {handed}", lines)
        fresh = handed if entry_given else f"{handed}[{outer(n.key)}]"
        if guard == "fill-missing":
            field = self.recipe.field or "note"
            return self._unless(f'{fresh}.get("{field}")', f'not {fresh}.get("{field}")', lines)
        old = outer(n.entry)
        left, right = {
            "version": (f'{fresh}["version"]', f'{old}["version"]'),
            "version-raise": (f'{fresh}["version"]', f'{old}["version"]'),
            "whole-entry": (fresh, old),
            "identity": (f'{fresh}["session_id"]', f'{old}["session_id"]'),
        }[guard]
        if guard == "version-raise":
            return [*block(f"if {left} != {right}:", ['raise RuntimeError("changed meanwhile")']), *lines]
        return self._unless(f"{left} != {right}", f"{left} == {right}", lines)

    def _unless(self, declined: str, wanted: str, lines: list[str]) -> list[str]:
        match self.plan.declines:
            case "return":
                return [*block(f"if {declined}:", ["return None"]), *lines]
            case "else":
                return [*block(f"if {declined}:", ["pass"]), *block("else:", lines)]
            case "continue":
                return block("for _turn in (1,):", [*block(f"if {declined}:", ["continue"]), *lines])
            case "break":
                return block("while True:", [*block(f"if {declined}:", ["break"]), *lines, "break"])
        return block(f"if {wanted}:", lines)
