"""The syntax of substitutions, after launch.frontend's grammar."""

import pytest

from kitt_cli.launch.substitute import Call, SubstitutionError, parse


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("", ()),
        ("plain text", ("plain text",)),
        ("(a) 'b' \"c\"", ("(a) 'b' \"c\"",)),
        (r"\$ and \\ and \'", (r"$ and \ and '",)),
        ("$(var a)", (Call("var", (("a",),)),)),
        ("x$(dirname)/y", ("x", Call("dirname", ()), "/y")),
        ("$(env A '')", (Call("env", (("A",), ())),)),
        ("$(env A 'b c')", (Call("env", (("A",), ("b c",))),)),
        ('$(env A "(b) it\'s")', (Call("env", (("A",), ("(b) it's",))),)),
        (r"$(env A \(b\))", (Call("env", (("A",), ("(b)",))),)),
        ("$(var p_$(var q))", (Call("var", (("p_", Call("var", (("q",),))),)),)),
        (
            "$(eval \"'$(var sim)' == 'none'\")",
            (Call("eval", (("'", Call("var", (("sim",),)), "' == 'none'"),)),),
        ),
        ("$(find-pkg-share a)$(dirname)", (Call("find-pkg-share", (("a",),)), Call("dirname", ()))),
    ],
)
def test_parses(text, expected):
    assert parse(text) == expected


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("5 $", "dollar"),
        ("$x", "dollar"),
        ("$(", "name"),
        ("$(1a)", "name"),
        ("$(var a", "not closed"),
        ("$(var  a)", "exactly one space"),
        ("$(var a )", "exactly one space"),
        ("$(var it's)", "quotes"),
        ("$(var a(b))", "quotes"),
        ("$(env A 'b)", "not closed"),
        ("$(env A 'b'c)", "not closed"),
    ],
)
def test_refuses(text, said):
    with pytest.raises(SubstitutionError, match=said):
        parse(text)
