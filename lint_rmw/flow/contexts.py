"""What a `with` block does: it may be a section, or run a context manager of the file around its body."""

from __future__ import annotations

import ast

import libcst as cst

from lint_rmw.flow import calls
from lint_rmw.flow.activations import call_function, close_section, new_fresh, open_section
from lint_rmw.flow.module import Class
from lint_rmw.flow.names import Argument, Call, dotted, match
from lint_rmw.flow.run import Run
from lint_rmw.flow.sections import Pending, Section
from lint_rmw.flow.values import Func, Value
from lint_rmw.pattern import Form

_TRANSPARENT = frozenset({"contextmanager", "asynccontextmanager"})


def remember_decorators(run: Run, node: cst.FunctionDef) -> None:
    """Notes whether a decorator makes every call of the function one section."""
    for decorator in node.decorators:
        pending = _pending(run, decorator.decorator, run.evaluate(decorator.decorator), Form.DECORATOR)
        if pending is not None:
            run.decorated[id(node)] = pending


def decorated(run: Run, node: cst.FunctionDef, func: Func) -> Value:
    """What a definition binds: the function, or what the decorators of the file make of it."""
    value = Value(funcs=(func,), ident=("opaque", id(node)))
    for decorator in reversed(node.decorators):
        expression = decorator.decorator
        if dotted(expression)[0] not in run.module.functions and run.find(dotted(expression)[0]) is None:
            continue
        wrapper = run.evaluate(expression)
        if id(node) in run.decorated or not wrapper.funcs:
            continue
        made = run.invoke(wrapper, (Argument(None, "", value, expression),), expression)
        if made.funcs:
            value = made._replace(ident=value.ident)
        elif made.refs or made.origins:
            # It calls the function at once, and the name is what came of that.
            return made
    return value


def _pending(run: Run, expression: cst.BaseExpression, value: Value, form: Form) -> Pending | None:
    """The section that a context manager or decorator opens; one that is not called is known by its name."""
    if isinstance(value.klass, Pending):
        return value.klass if value.klass.pattern.form is form else None
    inner = expression.func if isinstance(expression, cst.Call) else expression
    path = dotted(inner)
    reached = inner.value if isinstance(inner, cst.Attribute) else None
    receiver = run.evaluate(reached) if reached is not None else None
    seen = Call(expression, path[-1], receiver, reached, (), path)
    for profile in run.module.profiles:
        for pattern in profile.section:
            known = not pattern.word or (pattern.word == seen.name and not isinstance(expression, cst.Call))
            found = match(pattern, seen) if pattern.form is form and known else None
            if found is not None:
                return Pending(profile, pattern, found)
    return None


def with_block(run: Run, node: cst.With) -> None:
    _with_items(run, node, 0)


def _with_items(run: Run, node: cst.With, index: int) -> None:
    """Enters the items one by one; a section lasts to the end of the block."""
    if index == len(node.items):
        run.execute(node.body)
        return
    item = node.items[index]
    target = item.asname.name if item.asname is not None else None
    depth = len(run.sections)
    if _enter_generator(run, item.item, target, node, index):
        return
    value = run.evaluate(item.item)
    section, fresh = open_context(run, item.item, value, target, node)
    if section is not None:
        if fresh is not None and target is not None:
            run.assign(target, fresh)
        try:
            _with_items(run, node, index + 1)
        finally:
            close_section(run, section)
        return
    handed = _own_method(run, value, "enter", item.item)
    if target is not None:
        run.assign(target, value if handed is None else handed)
    _with_items(run, node, index + 1)
    if handed is not None and run.state.live:
        _own_method(run, value, "exit", item.item)
    # What an ExitStack entered inside the block is left with it.
    while len(run.sections) > depth:
        close_section(run, run.sections[-1])


def _own_method(run: Run, value: Value, verb: str, node: cst.BaseExpression) -> Value | None:
    """What `__enter__` or `__exit__` of a class of the file gives back, None where there is none."""
    for _, thing in run.state.objects(value):
        for name in (f"__{verb}__", f"__a{verb}__"):
            found = run.module.method(thing.klass, name) if isinstance(thing.klass, Class) else None
            if found is not None:
                return call_function(run, calls.method_of(run, found, value, thing.klass), (), node)
    return None


def enter_context(run: Run, expression: cst.BaseExpression, value: Value) -> Value | None:
    """A section that is entered without a block of its own: it lasts to the end of the block around."""
    section, fresh = open_context(run, expression, value, None, expression)
    return None if section is None else fresh or Value()


def lock_by_hand(run: Run, node: cst.BaseExpression) -> None:
    """`lock.acquire()` and `lock.release()`, as a statement or asked for: between is a section like a block of the lock."""
    inner = node
    while isinstance(inner, cst.Await | cst.UnaryOperation):
        inner = inner.expression
    if not isinstance(inner, cst.Call) or not isinstance(inner.func, cst.Attribute):
        return
    lock, verb = inner.func.value, inner.func.attr.value
    if verb in ("acquire", "aacquire"):
        enter_context(run, lock, run.evaluate(lock))
    elif verb in ("release", "arelease"):
        path = dotted(lock)
        held = (s for s in reversed(run.sections) if isinstance(s.opener, cst.BaseExpression))
        section = next((s for s in held if s.body is s.opener and dotted(s.opener) == path), None)  # type: ignore[arg-type]
        if section is not None:
            close_section(run, section)


def open_context(
    run: Run, expression: cst.BaseExpression, value: Value, target: cst.CSTNode | None, node: cst.CSTNode
) -> tuple[Section | None, Value | None]:
    """Opens the section that a context manager of a profile is, if it is one, and makes what it hands over."""
    inner = expression.expression if isinstance(expression, cst.Await) else expression
    pending = _pending(run, inner, value, Form.WITH)
    if pending is None:
        return None, None
    pattern = pending.pattern
    name = target.value if isinstance(target, cst.Name) else "store"
    section = open_section(
        run,
        pending.profile,
        pending.found.store,
        pending.found.key if pattern.binds_key else None,
        form=pattern.form.value,
        opener=expression,
        body=node,
        piece=run.frame.piece,
        fresh_name=name if pattern.alias is not None else "",
    )
    if pattern.alias is None:
        return section, None
    fresh = new_fresh(run, section, expression, live=True)
    if isinstance(pattern.alias, ast.Tuple):
        places = [isinstance(e, ast.Name) and e.id == "FRESH" for e in pattern.alias.elts]
        fresh = run.sequence([fresh if is_fresh else Value() for is_fresh in places], expression)
    return section, fresh


def _enter_generator(
    run: Run, expression: cst.BaseExpression, target: cst.CSTNode | None, node: cst.With, index: int
) -> bool:
    """Runs a context manager of the file: its generator up to the `yield`, the block, then the rest."""
    if not isinstance(expression, cst.Call):
        return False
    callee = run.evaluate(expression.func)
    if len(callee.funcs) != 1 or not isinstance(callee.funcs[0].node, cst.FunctionDef):
        return False
    func = callee.funcs[0]
    assert isinstance(func.node, cst.FunctionDef)
    if not any(dotted(d.decorator)[-1] in _TRANSPARENT for d in func.node.decorators):
        return False
    caller = len(run.frames)
    entered = False

    def resume(value: Value) -> None:
        nonlocal entered
        entered = True
        inner = run.frames[caller:]
        del run.frames[caller:]
        if target is not None:
            run.assign(target, value)
        _with_items(run, node, index + 1)
        run.frames.extend(inner)

    call_function(run, func, calls.evaluate_arguments(run, expression.args), expression, on_yield=resume)
    if not entered:
        _with_items(run, node, index + 1)
    return True
