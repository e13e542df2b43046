"""When one condition settles another: if the first holds, the second is known to hold, whatever the values are.

Only what is plain is found (the same comparison, its opposite, literals further out on the same side, and what `and`,
`or` and `not` make of these); what is not found is not settled, which is the safe side.
"""

from __future__ import annotations

from ivr.core.dialplan.expression import Expression, Known, Literal, Name, Operation, evaluate

_OPPOSITE = {"=": "!=", "!=": "=", "<": ">=", ">=": "<", ">": "<=", "<=": ">", "and": "or", "or": "and"}
_MIRRORED = {"=": "=", "!=": "!=", "<": ">", ">": "<", "<=": ">=", ">=": "<="}


def normal(tree: Expression, *, negated: bool = False) -> Expression:
    """The same condition with `not` before names only and literals on the right; `negated`: its opposite.

    Its opposite holds exactly where the condition is known not to hold: both are unknown together.
    """
    if isinstance(tree, Literal):
        return Literal(not tree.value, tree.type) if negated else tree
    if isinstance(tree, Name):
        return Operation("not", (tree,)) if negated else tree
    if tree.operator == "not":
        return normal(tree.operands[0], negated=not negated)
    operator = _OPPOSITE[tree.operator] if negated else tree.operator
    if operator in ("and", "or"):
        return Operation(operator, tuple(normal(part, negated=negated) for part in tree.operands))
    left, right = tree.operands
    if isinstance(left, Literal) and not isinstance(right, Literal):
        left, right, operator = right, left, _MIRRORED[operator]
    if isinstance(right, Literal) and isinstance(right.value, bool):
        return normal(left, negated=right.value is (operator == "!="))
    return Operation(operator, (left, right))


def implies(fact: Expression, wanted: Expression) -> bool:
    """Whether `wanted` is known to hold wherever `fact` holds; both in normal form."""
    if fact == wanted:
        return True
    if isinstance(fact, Operation) and fact.operator == "or":
        return all(implies(part, wanted) for part in fact.operands)
    if isinstance(wanted, Operation) and wanted.operator == "and":
        return all(implies(fact, part) for part in wanted.operands)
    if isinstance(fact, Operation) and fact.operator == "and":
        return any(implies(part, wanted) for part in fact.operands)
    if isinstance(wanted, Operation) and wanted.operator == "or":
        return any(implies(fact, part) for part in wanted.operands)
    return _further(fact, wanted)


def _further(fact: Expression, wanted: Expression) -> bool:
    """One name compared with two literals: below 3 is below 4, EU is not HK."""
    if not (isinstance(fact, Operation) and isinstance(wanted, Operation)):
        return False
    if len(fact.operands) != 2 or len(wanted.operands) != 2 or fact.operands[0] != wanted.operands[0]:
        return False
    known, other = fact.operands[1], wanted.operands[1]
    if not (isinstance(known, Literal) and isinstance(other, Literal)) or type(known.value) is not type(other.value):
        return False
    if fact.operator == "=":
        return evaluate(Operation(wanted.operator, (known, other)), _nothing) is True
    side, strict = fact.operator[0], fact.operator in "<>"
    if side not in "<>" or wanted.operator not in (side, side + "=", "!="):
        return False
    # x < 3 makes x < 3 and x != 3 certain, x <= 3 does not.
    reach = side if wanted.operator != side + "=" and not strict else side + "="
    return evaluate(Operation(reach, (known, other)), _nothing) is True


def _nothing(name: str) -> Known | None:
    return None
