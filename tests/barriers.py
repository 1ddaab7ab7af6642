"""The barriers that keep the linter silent: where each stands, and the silent fixture that is there for it."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Barrier:
    """A piece of the analysis, what to put in its place, and the handlers of a silent fixture it is there for.

    `besides` are pieces that would keep the same handlers silent: they are off already.
    """

    name: str
    target: str
    old: str
    new: str
    reason: str
    reported: tuple[str, ...]
    besides: tuple[tuple[str, str, str], ...] = ()


_SHIELD = (("fallbacks:shield", "if covered and (", "if False and ("),)
_LOOKED = (
    (
        "losses:_is_blind",
        "if any(relation(known, key) is not Sameness.DIFFERENT for known in section.looked if known is not None):",
        "if False:",
    ),
)
_OWN_EPOCH = (("losses:Writer._lose", "or label.epoch == self.section.epoch", ""),)
_DEAD_STATEMENTS = (("walk:statement", "if run.state.live:", "if True:"),)

BARRIERS = (
    Barrier(
        "equality with the fresh state proves that nothing was stored in between",
        "conditions:compare",
        "proved = Test(true=guards)",
        "proved = Test()",
        "version-check",
        ("handle_branch", "handle_raise", "handle_return"),
    ),
    Barrier(
        "equality of whole entries",
        "conditions:compare",
        "proved = Test(true=guards)",
        "proved = Test()",
        "whole-entry-check",
        ("handle_different", "handle_equal", "handle_named", "handle_store"),
    ),
    Barrier(
        "equality of the field that is written",
        "conditions:compare",
        "proved = Test(true=guards)",
        "proved = Test()",
        "field-check",
        ("handle_both", "handle_equal", "handle_return"),
    ),
    Barrier(
        "a version stands for its whole entry",
        "conditions:_proved",
        "return label.where[:1]",
        "return label.where",
        "version-check",
        ("handle_branch", "handle_raise", "handle_return"),
    ),
    Barrier(
        "a stale value written behind an equality loses nothing",
        "losses:Writer._guarded",
        'if guard.kind == "equal" and',
        'if guard.kind == "never" and',
        "version-check",
        ("handle_branch", "handle_raise", "handle_return"),
    ),
    Barrier(
        "a value chosen behind an equality loses nothing",
        "fallbacks:shield",
        "if covered and (",
        "if False and (",
        "three-way-merge",
        ("handle_comprehension", "handle_one_field"),
    ),
    Barrier(
        "`not in` proves that the fresh state has none",
        "conditions:_absent",
        "if place is None or key.ident is None:",
        "if True:",
        "missing-entry-filled",
        ("handle_early_return",),
    ),
    Barrier(
        "`not in` asks for a field too",
        "conditions:_absent",
        "if place is None or key.ident is None:",
        "if True:",
        "fill-if-missing",
        ("handle_nested", "handle_not_in"),
    ),
    Barrier(
        "an empty fresh value proves that there is none",
        "conditions:truth",
        "if place is not None:",
        "if False:",
        "fill-if-missing",
        ("handle_is_none",),
    ),
    Barrier(
        "what is written only where there is none loses nothing",
        "losses:Writer._guarded",
        'if guard.kind == "missing" and',
        'if guard.kind == "never" and',
        "fill-if-missing",
        ("handle_nested",),
    ),
    Barrier(
        "a patch that is filled only where there is none loses nothing",
        "writes:filling",
        'guard.kind == "missing" or',
        'guard.kind == "never" or',
        "fill-if-missing",
        ("handle_conditional_patch",),
    ),
    Barrier(
        "a fallback behind the fresh field itself fills in",
        "fallbacks:filled_in",
        "if any(_same_field(label, o.label) for o in run.origins(second)):",
        "if False:",
        "fill-if-missing",
        ("handle_default_of_get", "handle_or", "handle_rebound", "handle_ternary"),
        besides=_SHIELD,
    ),
    Barrier(
        "`setdefault` on the fresh state is no write",
        "methods:_taken",
        "if live:",
        "if live and put(run, receiver, key, given, node, arguments[1].node) is None:",
        "setdefault",
        ("handle_field", "handle_nested"),
    ),
    Barrier(
        "an operation that only grows keeps a fresh operand right",
        "known:joined",
        "if any(o.label.epoch == section.epoch for o in origins):",
        "if False:",
        "joins-with-fresh",
        ("handle_max", "handle_max_of_a_list", "handle_union"),
    ),
    Barrier(
        "writing the greater of a fresh value and another is a join",
        "conditions:compare",
        "return Test(true=guards, false=guards)",
        "return Test()",
        "joins-with-fresh",
        ("handle_greater", "handle_greater_by_ternary"),
    ),
    Barrier(
        "a row that the fresh list lacks is a join",
        "writes:accumulate",
        "in run.state.guards",
        "in frozenset()",
        "joins-with-fresh",
        ("handle_rows_that_are_missing",),
    ),
    Barrier(
        "the winner of a merge stands on top",
        "objects:Objects._overlaid",
        "roots=(*below.roots, *roots)",
        "roots=(*roots, *below.roots)",
        "fresh-wins",
        ("handle_chain_map", "handle_operator", "handle_spread", "handle_update"),
    ),
    Barrier(
        "every field of the fresh entry copied over an old one covers it",
        "writes:put",
        "if whole is not None and thing.live is None:",
        "if False:",
        "fresh-wins",
        ("handle_loop",),
    ),
    Barrier(
        "a caught KeyError proves that the fresh state has none",
        "walk:_try",
        "if len(missing) == 1 and",
        "if False and",
        "fill-if-missing",
        ("handle_key_error",),
    ),
    Barrier(
        "another entry is no update of this one",
        "losses:Writer._lose",
        "into = self._elsewhere",
        "pass",
        "other-key",
        ("handle_copy", "handle_literal_keys", "handle_parent"),
    ),
    Barrier(
        "an entry under a minted key is another entry",
        "losses:Writer._lose",
        "into = self._elsewhere",
        "pass",
        "brand-new-entries",
        ("handle_template",),
    ),
    Barrier(
        "keys of two names differ",
        "provenance:relation",
        'if kinds == {"param"} and one[1] != other[1]:',
        'if kinds == {"param"}:\n        return Sameness.MAYBE\n    if False:',
        "other-key",
        ("handle_copy", "handle_literal_keys", "handle_parent"),
    ),
    Barrier(
        "two literal keys are two entries",
        "provenance:relation",
        'if kinds == {"const"} or',
        'if kinds == {"const"}:\n        return Sameness.MAYBE\n    if',
        "other-key",
        ("handle_spelled_out",),
    ),
    Barrier(
        "another store is no part of this one",
        "sections:Section.may_hold",
        "return relation(label.store, self.store)",
        "return Sameness.SAME",
        "other-store",
        ("handle_other_path",),
    ),
    Barrier(
        "another file is another store",
        "sections:Section.may_hold",
        "return relation(label.store, self.store)",
        "return Sameness.SAME",
        "seeding",
        ("handle_other_file",),
    ),
    Barrier(
        "what was read in the section open now is fresh",
        "losses:Writer._lose",
        "or label.epoch == self.section.epoch",
        "",
        "enclosing-section",
        ("handle_mutator",),
    ),
    Barrier(
        "an object of the section open now is fresh",
        "losses:Writer._collect_object",
        "if not self._is_fresh(top.label):",
        "if True:",
        "enclosing-section",
        ("handle_async", "handle_decorated", "handle_uncached", "handle_with"),
        besides=_OWN_EPOCH,
    ),
    Barrier(
        "a name holds what was bound last",
        "values:State.assign",
        "name: value}",
        "name: join_values(self.scopes.get(scope, {}).get(name, value), value)}",
        "rebound-to-fresh",
        ("handle_both_branches", "handle_field"),
    ),
    Barrier(
        "a parameter hides an outer name",
        "summaries:bind_parameters",
        "run.state.scopes[scope] = bound",
        "run.state.scopes[scope] = {n: v for n, v in bound.items() if run.find(n) is None}",
        "shadowing",
        ("handle_parameter",),
    ),
    Barrier(
        "a field holds what was set last",
        "writes:put",
        "fields={**thing.fields, name: value}",
        "fields=thing.fields",
        "fields-told-apart",
        ("handle_overwritten",),
    ),
    Barrier(
        "fields of one object are told apart",
        "objects:Objects.part",
        "if known is not None:",
        "if known is not None and (all_of_it := self.origins(Value((Ref(oid),)))):\n"
        "        return Value(origins=all_of_it)\n"
        "    if known is not None:",
        "fields-told-apart",
        ("handle_attribute", "handle_dict", "handle_tuple"),
    ),
    Barrier(
        "a copy of the fresh state is no longer the state",
        "objects:Objects._copied",
        "live=None,\n        place=None,",
        "live=thing.live,\n        place=thing.place,",
        "no-write",
        ("handle_copy",),
    ),
    Barrier(
        "a branch that no run takes counts for nothing",
        "walk:_if",
        "if value.constant and value.ident is not None:",
        "if False:",
        "dead-branch",
        ("handle_false",),
    ),
    Barrier(
        "nor does an alternative that no run takes",
        "expressions:_conditional",
        "if value.constant and value.ident is not None:",
        "if False:",
        "dead-branch",
        ("handle_else_of_true",),
    ),
    Barrier(
        "nor does what stands behind a return",
        "walk:block",
        "if not run.state.live:",
        "if False:",
        "dead-branch",
        ("handle_after_return",),
        besides=_DEAD_STATEMENTS,
    ),
    Barrier(
        "a constant entry is meant",
        "losses:_is_blind",
        "and not thing.literal",
        "",
        "blind-constant",
        ("handle_constant", "handle_reset"),
    ),
    Barrier(
        "an entry with unknown contents may be a merge already",
        "losses:_is_blind",
        "and not thing.opaque",
        "",
        "blind-unknown",
        ("handle_spread",),
    ),
    Barrier(
        "an entry that nothing is known of may be one too",
        "losses:_is_blind",
        "return bool(things) and all(",
        "return not things or all(",
        "blind-unknown",
        ("handle_made_elsewhere", "handle_parameter"),
    ),
    Barrier(
        "an entry built inside had the fresh one at hand",
        "losses:_is_blind",
        "and thing.born != section.epoch",
        "",
        "blind-looked-at",
        ("handle_built_inside",),
    ),
    Barrier(
        "a fresh entry that was looked at is not overwritten blindly",
        "losses:_is_blind",
        "if any(relation(known, key) is not Sameness.DIFFERENT for known in section.looked if known is not None):",
        "if False:",
        "blind-looked-at",
        ("handle_checked",),
    ),
    Barrier(
        "a helper that was given the whole store may have looked",
        "losses:_is_blind",
        "if None in section.looked:",
        "if False:",
        "blind-looked-at",
        ("handle_helper",),
    ),
    Barrier(
        "an entry is not overwritten where there is none",
        "losses:_is_blind",
        'if any(g.kind == "missing" and covers(g.where, (key,)) for g in run.state.guards):',
        "if False:",
        "missing-entry-filled",
        ("handle_get",),
        besides=_LOOKED,
    ),
    Barrier(
        "nobody stored anything under a key minted here",
        "losses:_is_blind",
        "or is_minted(key)",
        "",
        "brand-new-entries",
        ("handle_minted_outside", "handle_uuid"),
    ),
)
