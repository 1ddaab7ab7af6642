"""What an expression is: each kind of it evaluated in the state that holds where it stands."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import libcst as cst

from lint_rmw.flow import conditions, questions, rows
from lint_rmw.flow.activations import call_function
from lint_rmw.flow.attributes import attribute, is_unknown_part
from lint_rmw.flow.calls import call, method_of
from lint_rmw.flow.comprehensions import comprehension
from lint_rmw.flow.fallbacks import either, under
from lint_rmw.flow.joins import join_apart, told_apart
from lint_rmw.flow.known import filled_by_looking, looked_up, pure, verdict
from lint_rmw.flow.literals import display, formatted, mapping_display, number, string
from lint_rmw.flow.module import Class
from lint_rmw.flow.names import Argument
from lint_rmw.flow.operators import binary, told_by
from lint_rmw.flow.provenance import Origin, const, merge
from lint_rmw.flow.run import MODULE_SCOPE, Run
from lint_rmw.flow.selections import is_among, is_equal
from lint_rmw.flow.values import Func, Test, Value, join_values

Evaluator = Callable[[Run, Any], Value]


def evaluate(run: Run, node: cst.BaseExpression) -> Value:
    """The value of an expression; evaluating it may bind names, open sections and write."""
    run.spend()
    evaluator = _EVALUATORS.get(type(node))
    return evaluator(run, node) if evaluator is not None else Value(ident=("opaque", id(node)))


def _name(run: Run, node: cst.Name) -> Value:
    name = node.value
    found = run.find(name)
    if found is not None:
        return found.where(run.state.guards)
    if name in _LITERALS:
        return Value(ident=const(_LITERALS[name]))
    module = run.module
    function = module.functions.get(name)
    if function is not None:
        return Value(funcs=(Func(function[0], function[1], MODULE_SCOPE),), ident=("global", name))
    klass = module.classes.get(name)
    if klass is not None:
        return Value(run.class_refs(klass), klass=klass, ident=("global", name))
    return Value(ident=("global", module.imports.get(name, name)))


_LITERALS = {"None": None, "True": True, "False": False}


def _subscript(run: Run, node: cst.Subscript) -> Value:
    base = run.evaluate(node.value)
    if len(node.slice) == 1 and isinstance(node.slice[0].slice, cst.Index):
        key = run.evaluate(node.slice[0].slice.value)
        for _, thing in run.state.objects(base):
            method = run.module.method(thing.klass, "__getitem__") if isinstance(thing.klass, Class) else None
            if method is not None:
                handed = (Argument(None, "", key, node.slice[0].slice.value),)
                return call_function(run, method_of(run, method, base, thing.klass), handed, node)
        filled_by_looking(run, base, key, node)
        found = rows.at_rank(run, base, key.ident, run.get(base, key.ident, node), node)
        if found.ident is None or not (base.refs or base.origins) or is_unknown_part(found):
            ident = ("item", base.ident or ("opaque", id(node)), key.ident or ("opaque", id(key)))
            found = found._replace(ident=ident)
        return looked_up(run, base, key, found, node)
    bounds: list[Value | None] = []
    for part in node.slice:
        if isinstance(part.slice, cst.Slice):
            written = (part.slice.lower, part.slice.upper, part.slice.step)
            bounds = [None if bound is None else run.evaluate(bound) for bound in written]
    told = rows.length(run, base, bounds, node)
    if not base.refs and not base.origins:
        return told._replace(ident=("call", "slice", base.ident or ("opaque", id(node))))
    found = run.listing(rows.cut(run, base, bounds, node), None)
    return found._replace(origins=merge(found.origins, told.origins))


def _binary(run: Run, node: cst.BinaryOperation) -> Value:
    return binary(run, run.evaluate(node.left), type(node.operator), run.evaluate(node.right), node)


def _boolean(run: Run, node: cst.BooleanOperation) -> Value:
    left = run.evaluate(node.left)
    proved = conditions.truth(run, left)
    conjunction = isinstance(node.operator, cst.And)
    known = conditions.decided(run, left)
    if known is not None and known is not conjunction:
        return left
    asked = questions.of_truth(run, left, node.left)
    holds = Test(proved.true if conjunction else proved.false)
    right = questions.watched(run, asked, lambda: under(run, holds, node.right))
    if left.constant:
        return right
    proved = conditions.both(proved, conditions.truth(run, right), conjunction=conjunction)
    if conjunction:
        return join_values(_where_false(run, left), right)._replace(test=proved, ident=None)
    return either(run, left, right)._replace(test=proved)


def _where_false(run: Run, left: Value) -> Value:
    """What `a and b` is when `a` is false: of a field it is what was read, of an entry nothing worth following."""
    if not (left.refs or left.origins):
        return left
    return run.as_fallback(Value(origins=tuple(o for o in run.origins(left) if len(o.label.where) > 1)))


def _conditional(run: Run, node: cst.IfExp) -> Value:
    value = run.evaluate(node.test)
    proved = conditions.truth(run, value)
    known = conditions.decided(run, value)
    if known is not None:
        return run.evaluate(node.body if known else node.orelse)
    asked = questions.of_truth(run, value, node.test)
    body = questions.watched(run, asked, lambda: under(run, Test(proved.true), node.body))
    other = questions.watched(run, asked, lambda: under(run, Test(proved.false), node.orelse))
    if body.ident is not None and body.ident in proved.empty_false:
        return either(run, body, other)
    if other.ident is not None and other.ident in proved.empty_true:
        return either(run, other, body)
    return join_apart(body, other, told_apart(proved.true, proved.false))


def _comparison(run: Run, node: cst.Comparison) -> Value:
    left = run.evaluate(node.left)
    proved: Test | None = None
    asked: tuple[Origin, ...] = ()
    compared: list[Value] = []
    for target in node.comparisons:
        right = run.evaluate(target.comparator)
        asked += questions.of_comparison(run, (left, right), node)
        compared += _told(run, left, target.operator, right)
        if len(node.comparisons) == 1 and isinstance(target.operator, cst.In | cst.NotIn):
            known = is_among(run, left, right)
            if known is not None:
                return Value(ident=const(known is isinstance(target.operator, cst.In)))
        if len(node.comparisons) == 1 and isinstance(target.operator, cst.Equal | cst.NotEqual):
            same = is_equal(left, right)
            if same is not None:
                return Value(ident=const(same is isinstance(target.operator, cst.Equal)))
        one = conditions.compare(run, left, target.operator, right)
        proved = one if proved is None else conditions.both(proved, one, conjunction=True)
        left = right
    return verdict(run, compared, asked, node)._replace(test=proved)


def _told(run: Run, left: Value, operator: cst.BaseCompOp, right: Value) -> list[Value]:
    if isinstance(operator, cst.In | cst.NotIn):
        return told_by(run, "contains", [right, left])
    return told_by(run, "is_" if isinstance(operator, cst.Is | cst.IsNot) else "", [left, right])


def _unary(run: Run, node: cst.UnaryOperation) -> Value:
    value = run.evaluate(node.expression)
    if isinstance(node.operator, cst.Not):
        negated = conditions.truth(run, value).negate()
        known = conditions.decided(run, value)
        ident = None if known is None else const(not known)
        found = pure(run, [value], node, "it is negated")
        if run.asking:
            found = found._replace(origins=questions.of_truth(run, value, node))
        return found._replace(test=negated, ident=ident or found.ident, shape="flag")
    number = value.ident[2] if value.constant and value.ident is not None else None
    if isinstance(number, int | float) and isinstance(node.operator, cst.Minus):
        return Value(ident=const(-number))
    return pure(run, [value], node)


def _lambda(run: Run, node: cst.Lambda) -> Value:
    return Value(funcs=(function_value(run, node),), ident=("opaque", id(node)))


def function_value(run: Run, node: cst.Lambda | cst.FunctionDef) -> Func:
    """The function a definition makes here: its defaults are evaluated now, its free names when it runs."""
    defaults: list[tuple[str, Value]] = []
    params: Sequence[cst.Param] = (
        *node.params.posonly_params,
        *node.params.params,
        *node.params.kwonly_params,
    )
    for param in params:
        if param.default is not None:
            defaults.append((param.name.value, run.evaluate(param.default)))
    run.kept.add(run.frame.scope)
    scope: int | None = run.frame.scope
    while scope is not None:
        run.kept.add(scope)
        scope = run.parents.get(scope)
    return Func(node, run.frame.piece, run.frame.scope, None, tuple(defaults))


def _named(run: Run, node: cst.NamedExpr) -> Value:
    value = run.evaluate(node.value)
    assert isinstance(node.target, cst.Name)
    run.bind(node.target.value, value, in_function=True)
    return value


def _await(run: Run, node: cst.Await) -> Value:
    return run.evaluate(node.expression)


def _yield(run: Run, node: cst.Yield) -> Value:
    value = Value()
    if isinstance(node.value, cst.From):
        value = run.element(run.evaluate(node.value.item), node)
    elif node.value is not None:
        value = run.evaluate(node.value)
    handler = run.frame.on_yield
    if handler is not None:
        handler(value)
    else:
        run.frame.yielded.append(value)
    return Value(ident=("opaque", id(node)))


_EVALUATORS: dict[type, Evaluator] = {
    cst.Name: _name,
    cst.Attribute: attribute,
    cst.Subscript: _subscript,
    cst.Integer: number,
    cst.Float: number,
    cst.SimpleString: string,
    cst.ConcatenatedString: string,
    cst.FormattedString: formatted,
    cst.Dict: mapping_display,
    cst.List: display,
    cst.Tuple: display,
    cst.Set: display,
    cst.BinaryOperation: _binary,
    cst.BooleanOperation: _boolean,
    cst.Comparison: _comparison,
    cst.UnaryOperation: _unary,
    cst.IfExp: _conditional,
    cst.Lambda: _lambda,
    cst.NamedExpr: _named,
    cst.Await: _await,
    cst.Yield: _yield,
    cst.ListComp: comprehension,
    cst.SetComp: comprehension,
    cst.GeneratorExp: comprehension,
    cst.DictComp: comprehension,
    cst.Call: call,
}
