"""Every construct of the launch format that we read, and the refusal of everything else."""

import pytest

from kitt_cli.launch import parse
from kitt_inference.errors import KittError


@pytest.fixture
def load(tmp_path, install):
    """`load(body, **arguments)`: the processes of `<launch>body</launch>`, package `p` having the executable `n`."""
    install("p", "n", "")

    def _load(body, **arguments):
        file = tmp_path / "t.launch.xml"
        file.write_text(f"<launch>\n{body}\n</launch>")
        return list(parse.load(file, arguments).processes)

    return _load


def ros_words(process):
    """The command after the executable."""
    return list(process.command[1:])


@pytest.fixture
def value(load):
    """`value(text, before="", **arguments)`: what an attribute with substitutions gives."""

    def _value(text, before="", **arguments):
        body = f"{before}<node pkg='p' exec='n'><env name='V' value=\"{text}\"/></node>"
        return load(body, **arguments)[-1].environment["V"]

    return _value


def test_node_as_launch_ros_writes_it(load, prefix):
    [process] = load(
        '<node pkg="p" exec="n" name="a" namespace="ns" output="screen" respawn="true" respawn_delay="0.5" cwd="/"'
        ' args="-x \'two words\' $(env HOME)" ros_args="--log-level debug">'
        '<param name="v" value="1.5"/><remap from="/x" to="/y"/><env name="E" value="1"/></node>'
    )
    assert process.command[0] == str(prefix / "lib/p/n")
    assert ros_words(process)[:2] == ["-x", "two words"]
    assert ros_words(process)[3:] == (
        ["--ros-args", "--log-level", "debug", "-r", "__node:=a", "-r", "__ns:=/ns", "-p", "v:=1.5", "-r", "/x:=/y"]
    )
    assert (process.name, process.label, process.output, process.cwd) == ("a", "n-1", "screen", "/")
    assert (process.respawn, process.respawn_delay, process.environment) == (True, 0.5, {"E": "1"})
    assert process.source.endswith("t.launch.xml:2")


def test_node_defaults_and_names(load):
    first, second, third = load(
        '<node pkg="p" exec="n"/><node pkg="p" exec="n"/><node exec="sh" exec_name="shell" pkg="p" if="false"/>'
        '<node exec="sh" exec_name="shell"/>'
    )
    assert (first.name, first.label, first.output, first.respawn) == ("n", "n-1", "log", False)
    assert ros_words(first) == ["--ros-args"]
    assert (second.name, second.label) == ("n#2", "n-2")
    assert third.label == "shell-3"
    assert third.command[0].endswith("/sh")


@pytest.mark.parametrize(
    ("attributes", "expected"),
    [
        ('value="true"', "true"),
        ('value="3"', "3"),
        ('value="3.0"', "3.0"),
        ('value="1e-3"', '"1e-3"'),  # YAML 1.1 wants a dot and a sign: this is a string there too
        ('value="3" type="float"', "3.0"),
        ('value="3" type="str"', '"3"'),
        ('value="$(env TYPED)"', "7"),
        ('value="$(env TYPED)" type="str"', '"7"'),
        ('value="text"', '"text"'),
        ('value=""', '""'),
        ('value="[1, 2]"', "[1, 2]"),
        ('value="[a, b]"', '["a", "b"]'),
        ('value=".inf"', ".inf"),
    ],
)
def test_types_of_parameters(load, monkeypatch, attributes, expected):
    monkeypatch.setenv("TYPED", "7")
    [process] = load(f'<node pkg="p" exec="n"><param name="v" {attributes}/></node>')
    assert ros_words(process) == ["--ros-args", "-p", f"v:={expected}"]


def test_nested_parameters_file_and_order(load, tmp_path):
    (tmp_path / "q.yaml").write_text("/**:\n  ros__parameters:\n    a: 1\n")
    [process] = load(
        '<set_parameter name="g" value="1"/><node pkg="p" exec="n"><param name="a" value="2"/>'
        '<param from="$(dirname)/q.yaml"/><param name="b"><param name="c" value="x"/></param></node>'
    )
    file = str(tmp_path / "q.yaml")
    assert ros_words(process)[1:] == ["-p", "g:=1", "-p", "a:=2", "--params-file", file, "-p", 'b.c:="x"']


def test_arguments_default_given_and_choices(load, value):
    argument = '<arg name="a" default="x$(env HOME /h)"/>'
    assert value("$(var a)", argument).startswith("x/")
    assert value("$(var a)", argument, a="given") == "given"
    chosen = '<arg name="a"><choice value="u"/><choice value="v"/></arg>'
    assert value("$(var a)", chosen, a="v") == "v"
    with pytest.raises(KittError, match=r"t\.launch\.xml:2: argument 'a' is 'w'\. it must be one of u, v"):
        load(chosen, a="w")
    with pytest.raises(KittError, match=r"argument 'a' \(what it is\) is required. give a:=VALUE"):
        load('<arg name="a" description="what it is"/>')


def test_unknown_argument_names_the_right_ones(load):
    with pytest.raises(KittError, match=r"no argument 'camra' \(is 'camera' meant\?\). it takes camera, mode"):
        load('<arg name="camera"/><group if="false"><arg name="mode" default="1"/></group>', camra="0")
    with pytest.raises(KittError, match="it takes none"):
        load("", a="b")


def test_let_and_scopes(value):
    assert value("$(var a)", '<let name="a" value="1"/>') == "1"
    assert value("$(var a)", '<let name="a" value="1"/><group><let name="a" value="2"/></group>') == "1"
    assert value("$(var a)", '<group scoped="false"><let name="a" value="2"/></group>') == "2"
    assert value("$(var a none)", '<group><let name="a" value="2"/></group>') == "none"
    assert value("$(env Q none)", '<group><set_env name="Q" value="2"/></group>') == "none"


def test_environment(load, monkeypatch):
    monkeypatch.setenv("GONE", "1")
    first, second = load(
        '<set_env name="A" value="1"/><unset_env name="GONE"/><node pkg="p" exec="n"/>'
        '<node pkg="p" exec="n"><env name="A" value="2"/></node>'
    )
    assert first.environment == {"A": "1", "GONE": None}
    assert second.environment == {"A": "2", "GONE": None}


@pytest.mark.parametrize("tag", ["push-ros-namespace", "push_ros_namespace"])
def test_namespaces(load, tag):
    def namespaces(body):
        return [next((w for w in p.command if w.startswith("__ns")), None) for p in load(body)]

    node = '<node pkg="p" exec="n"/>'
    push = f'<{tag} namespace="a"/>'
    assert namespaces(push + node) == ["__ns:=/a"]
    assert namespaces(f'<group>{push}<{tag} namespace="b"/>{node}</group>{node}') == ["__ns:=/a/b", None]
    assert namespaces(push + '<node pkg="p" exec="n" namespace="c"/>') == ["__ns:=/a/c"]
    assert namespaces(push + '<node pkg="p" exec="n" namespace="/c"/>') == ["__ns:=/c"]
    assert namespaces(f'<{tag} namespace=""/>{node}') == [None]
    with pytest.raises(KittError, match="namespace '/1' is not valid"):
        load(f'<{tag} namespace="1"/>')


def test_include_switches_dirname_passes_arguments_and_keeps_variables(load, value, tmp_path):
    inner = tmp_path / "sub" / "i.launch.xml"
    inner.parent.mkdir()
    inner.write_text(
        '<launch><arg name="x"/><let name="seen" value="$(var x) $(dirname)"/>'
        '<let name="f" value="$(filename)"/></launch>'
    )
    include = '<include file="$(dirname)/sub/i.launch.xml"><arg name="x" value="5"/></include>'
    assert value("$(var seen)", include) == f"5 {inner.parent}"
    assert value("$(var f)", include) == str(inner)
    assert value("$(dirname)", include) == str(tmp_path)
    with pytest.raises(KittError, match="requires the argument 'x'"):
        load('<include file="$(dirname)/sub/i.launch.xml"/>')
    with pytest.raises(KittError, match=r"t\.launch\.xml:2: included file .*none\.xml does not exist"):
        load('<include file="none.xml"/>')
    with pytest.raises(KittError, match="is not XML"):
        load('<include file="$(dirname)/x.launch.py"/>')
    with pytest.raises(KittError, match="without end"):
        load('<include file="$(dirname)/t.launch.xml"/>')


@pytest.mark.parametrize("tag", ["node", "executable", "group", "let", "set_env", "include", "arg", "unset_env"])
def test_every_action_takes_a_condition(load, tag):
    wrong = {
        "node": '<node pkg="missing" exec="n" {}/>',
        "executable": '<executable cmd="missing" {}/>',
        "group": '<group {}><node pkg="missing" exec="n"/></group>',
        "let": '<let name="a" value="$(var missing)" {}/>',
        "set_env": '<set_env name="a" value="$(var missing)" {}/>',
        "unset_env": '<unset_env name="$(var missing)" {}/>',
        "include": '<include file="missing.xml" {}/>',
        "arg": '<arg name="missing" {}/>',
    }[tag]
    for condition in ('if="False"', 'if="0"', 'unless="true"', 'unless="$(not 0)"'):
        assert load(wrong.format(condition)) == []
    with pytest.raises(KittError, match="missing"):
        load(wrong.format('if="1"'))


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("$(env NOT_SET 'a b')", "a b"),
        ("$(find-pkg-share p)", "{prefix}/share/p"),
        ("$(find-pkg-prefix p)", "{prefix}"),
        ("$(exec-in-pkg n p)", "{prefix}/lib/p/n"),
        ("$(eval '1 + 2')", "3"),
        ("$(eval '\\'$(env NOT_SET x)\\' == \\'x\\'')", "True"),
        ("$(eval 'sqrt(4)')", "2.0"),
        ("$(not true)", "false"),
        ("$(and true $(or 0 1))", "true"),
        ("$(equals 1 1.0)", "true"),
        ("$(equals True 1)", "true"),
        ("$(not-equals a b)", "true"),
        (r"\$(var a)", "$(var a)"),
    ],
)
def test_substitutions(value, prefix, text, expected):
    assert value(text) == expected.format(prefix=prefix)


def test_find_exec(value):
    assert value("$(find-exec sh)").endswith("/sh")


def test_executable_splits_outside_substitutions(load):
    [process] = load('<let name="a" value="b c"/><executable cmd="sh -c $(var a)$(var a) d" name="job" cwd="/"/>')
    assert ros_words(process) == ["-c", "b cb c", "d"]
    assert (process.name, process.label, process.cwd) == ("job", "job-1", "/")


@pytest.mark.parametrize(
    ("body", "said"),
    [
        ("<timer/>", "3: unknown element <timer> in <launch>"),
        ('<nod pkg="p"/>', "unknown element <nod> in <launch> (is 'node' meant?)"),
        ('<node pkg="p" exec="n" machine="x"/>', "unknown attribute 'machine' of <node>"),
        ('<node pkg="p" exec="n" respwan="true"/>', "(is 'respawn' meant?)"),
        ('<node pkg="p"/>', "<node> lacks the attribute 'exec'"),
        ('<param name="a" value="b"/>', "<param> may not stand in <launch>"),
        ('<node pkg="p" exec="n" if="1" unless="1"/>', "both if and unless"),
        ('<node pkg="p" exec="n" if="perhaps"/>', "gives 'perhaps'"),
        ('<node pkg="q" exec="n"/>', "3: package 'q' is not installed"),
        ('<node pkg="p" exec="m"/>', "has no executable 'm'. it has: n"),
        ('<node exec="no_such_program"/>', "no program 'no_such_program' on PATH"),
        ('<node pkg="p" exec="n" name="a/b"/>', "node name 'a/b' is not valid"),
        ('<node pkg="p" exec="n" output="loud"/>', "output is 'loud'"),
        ('<node pkg="p" exec="n" respawn="maybe"/>', "not of type bool"),
        ('<node pkg="p" exec="n" respawn_delay="-1"/>', "respawn_delay is -1"),
        ('<node pkg="p" exec="n" args="\'a"/>', "No closing quotation"),
        ('<node pkg="p" exec="n"><param from="/no/such.yaml"/></node>', "parameter file /no/such.yaml"),
        ('<node pkg="p" exec="n"><param value="1"/></node>', "neither name nor from"),
        ('<node pkg="p" exec="n"><param name="a"/></node>', "either a value or nested"),
        ('<node pkg="p" exec="n"><param name="a" from="b"/></node>', "stands alone"),
        ('<node pkg="p" exec="n"><param name="a" value="[1, b]"/></node>', "mixes types"),
        ('<node pkg="p" exec="n"><param name="a" value="[1"/></node>', "not valid YAML"),
        ('<node pkg="p" exec="n"><param name="a" value="x" type="int"/></node>', "'x' is not of type int"),
        ('<node pkg="p" exec="n"><param name="a" value="x" type="long"/></node>', "unknown parameter type 'long'"),
        ('<let name="a" value="$(var b)"/>', "$(var b): no argument or variable"),
        ('<let name="a" value="$(env NOT_SET)"/>', "environment variable NOT_SET is not set"),
        ('<let name="a" value="$(anon x)"/>', "unknown substitution $(anon)"),
        ('<let name="a" value="$(var)"/>', "$(var) has 0 arguments"),
        ('<let name="a" value="$(var b"/>', "not closed"),
        ('<let name="a" value="$(eval \'1 +\')"/>', "fails: SyntaxError"),
        ('<let name="a" value="$(not maybe)"/>', "was given 'maybe'"),
        ('<group scoped="maybe"/>', "scoped is 'maybe'"),
        ('<executable cmd=""/>', "cmd is empty"),
        ("text", "text 'text' between elements"),
        ("<node", "not well-formed XML"),
    ],
)
def test_refuses_by_name_and_line(load, body, said):
    with pytest.raises(KittError) as caught:
        load("\n" + body)
    assert said in str(caught.value)
    assert "t.launch.xml:" in caught.value.message
    assert caught.value.remedy


def test_root_must_be_launch(tmp_path):
    file = tmp_path / "x.xml"
    file.write_text("<robot/>")
    with pytest.raises(KittError, match="outermost element is <robot>"):
        parse.load(file)
    with pytest.raises(KittError, match="No such file"):
        parse.load(tmp_path / "none.xml")
