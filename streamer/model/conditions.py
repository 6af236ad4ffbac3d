"""`when` with `where`, and `profile`: places in the file -> conditions and field tests."""

from __future__ import annotations

from streamer.model.document import Mapping, Scalar, Sequence
from streamer.model.doubts import impossible
from streamer.model.place import Place
from streamer.model.spec import Absent, AnyOf, Compare, Condition, Equals, FieldTest, Glob, Test
from topics import events, limits

COMPARISONS = ("at_least", "at_most", "more_than", "less_than")


def read_condition(place: Place) -> Condition:
    """`{when: …, where: …}`, as in `all`, `sequence`, `after` and `without`."""
    return condition_of(place.fields(("when", "where"), required=("when",)))


def condition_of(found: dict[str, Place]) -> Condition:
    """The condition that `when` and `where` among the fields make."""
    kinds = read_kinds(found["when"]) if "when" in found else ()
    where = read_tests(found["where"]) if "where" in found else ()
    for field_test in where:
        trouble = impossible(field_test, kinds)
        if trouble:
            found["where"].entries()[field_test.field].doubt(trouble)
    return Condition(kinds, where)


def read_kinds(place: Place) -> tuple[str, ...]:
    """One kind of event, or a list of kinds."""
    places = place.items(len(events.ALL_KINDS), "kinds") if isinstance(place.node, Sequence) else [place]
    kinds = [at.word(events.ALL_KINDS, "kind of event") for at in places]
    return tuple(dict.fromkeys(kind for kind in kinds if kind))


def read_tests(place: Place) -> tuple[FieldTest, ...]:
    """Field to test; every one must pass."""
    keys = place.keys()
    for field, key in keys.items():
        check_field(key, field)
    return tuple(FieldTest(field, read_test(at)) for field, at in place.entries().items())


def read_field(place: Place) -> str:
    """The name of an event's field, nested by dot."""
    field = place.text("the name of a field", limits.FIELD_CHARS_MAX)
    if field:
        check_field(place, field)
    return field


def check_field(place: Place, field: str) -> None:
    """Refuses names that no field can have."""
    if not all(field.split(".")):
        place.refuse("expected the name of a field, nested by dot as in properties.plan")
    elif len(field) > limits.FIELD_CHARS_MAX:
        place.refuse(f"the name of a field has at most {limits.FIELD_CHARS_MAX} characters, got {len(field)}")
    elif not field.isprintable() or set(field) & set('"\\'):
        place.refuse("the name of a field cannot hold quotation marks, backslashes or control characters")


def read_test(place: Place) -> Test:
    """A pattern, number, boolean, null or comparison, or a list of these."""
    if isinstance(place.node, Sequence):
        return AnyOf(tuple(read_single_test(at) for at in place.items(limits.ANY_OF_MAX, "alternatives")))
    return read_single_test(place)


def read_single_test(place: Place) -> Test:
    """A test that is no list."""
    match place.node:
        case Scalar(value=None):
            return Absent()
        case Scalar(value=str(pattern)):
            if len(pattern) > limits.PATTERN_CHARS_MAX:
                place.refuse(f"a pattern has at most {limits.PATTERN_CHARS_MAX} characters, got {len(pattern)}")
            return Glob(pattern)
        case Scalar(value=bool(wanted)):
            return Equals(wanted)
        case Scalar():
            return Equals(place.number())
        case Mapping():
            found = place.fields(COMPARISONS)
            if not place.node.entries:
                place.expected(f"a comparison with {', '.join(COMPARISONS)}")
            return Compare(**{key: at.number() for key, at in found.items()})
        case _:
            place.expected("a pattern, number, true, false, null or comparison")
            return Absent()
