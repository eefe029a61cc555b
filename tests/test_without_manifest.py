"""`cfnlink lint` links templates that have no manifest, and says once what it cannot know."""

import json
from pathlib import Path
from typing import Any

import pytest

from cfnlink import cli
from cfnlink.lint import cache
from cfnlink.lint.names import Names
from cfnlink.system.folder import LARGEST_FILE_BYTES
from cfnlink.system.link import link
from cfnlink.system.parameter_files import read_parameters
from cfnlink.system.templates import candidates, read_templates

NETWORK = """
Resources:
  Vpc: {Type: AWS::EC2::VPC, Properties: {CidrBlock: 10.0.0.0/16}}
Outputs:
  Vpc: {Value: !Ref Vpc, Export: {Name: !Sub "${AWS::StackName}-Vpc"}}
"""
APP = """
Parameters:
  Network: {Type: String}
Resources:
  Link:
    Type: AWS::ApiGatewayV2::VpcLink
    Properties:
      Name: x
      SecurityGroupIds: [sg-01234567]
      SubnetIds: [!ImportValue {"Fn::Sub": "${Network}-Vpc"}]
"""
VALUES: dict[str, str] = {
    "create-stack": json.dumps([{"ParameterKey": "Network", "ParameterValue": "network"}]),
    "deploy": json.dumps(["Network=network"]),
    "codepipeline": json.dumps({"Parameters": {"Network": "network"}, "Tags": {}}),
    "object": json.dumps({"Network": "network"}),
    "lines": "# of production\n\nNetwork = network\n",
}


@pytest.fixture(autouse=True)
def _own_cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(cache, "kept_in", lambda _: tmp_path / "kept")


def write(folder: Path, **files: str) -> Path:
    for name, text in files.items():
        path = folder / name.replace("__", "/").replace("_", ".")
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, "utf-8")
    return folder


def run(capsys: pytest.CaptureFixture[str], *arguments: Path | str) -> tuple[int, str, str]:
    status = cli.main(["lint", *map(str, arguments)])
    said = capsys.readouterr()
    return status, said.out, said.err


@pytest.mark.parametrize("form", VALUES)
def test_templates_are_linked_by_their_names_and_parameters(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], form: str
) -> None:
    """The importing template has the first name, and is deployed last."""
    folder = write(tmp_path / "a", app_yaml=APP, network_yaml=NETWORK)
    write(tmp_path, app_params=VALUES[form])

    status, out, err = run(capsys, folder, "--parameters", tmp_path / "app.params")

    assert (status, err) == (1, "")
    assert "app.yaml:10 (app: Link) E9010" in out
    assert "I9009" not in out
    assert "W2001" not in out  # the name of an import uses the parameter


def test_files_are_one_system(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    folder = write(tmp_path / "a", app_yaml=APP, network_yaml=NETWORK)
    write(tmp_path, x=VALUES["lines"])
    files = (folder / "app.yaml", folder / "network.yaml")

    assert "E9010" in run(capsys, *files, "--parameters", tmp_path / "x")[1]


def test_what_cannot_be_known_is_said_once(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    more = "Resources: {A: {Type: AWS::SSM::Parameter, Properties: {Type: String, Value: V}}}"
    imports = [more.replace(": V", ": !ImportValue " + name) for name in ("one", "two")]
    folder = write(tmp_path / "a", app_yaml=APP, b_yaml=imports[0], c_yaml=imports[1])

    status, out, _ = run(capsys, folder)

    assert status == 0
    assert [line for line in out.splitlines() if "I9009" in line] == [
        (
            f"{folder}/app.yaml:3 (app: Network) I9009 app: no value is known of app.Network; "
            "rules are silent about them. fix: --parameters"
        ),
        (
            f"{folder}/b.yaml:1 (b: A) I9009 b: no template here exports one, two; other "
            "stacks must export them"
        ),
    ]


def test_a_file_of_parameters_is_for_the_template_that_begins_its_name(tmp_path: Path) -> None:
    template = "Parameters: {Size: {Type: String, Default: x}}\nResources: {}\n"
    folder = write(
        tmp_path / "a", app_yaml=template, app__web_yaml=template, other_yaml=template
    )
    (folder / "app" / "web.yaml").rename(folder / "app-web.yaml")
    write(tmp_path, all_txt="Size=all\nMore=1", app_json='{"Parameters": {"Size": "app"}}')
    (tmp_path / "app-web.prod.txt").write_text("Size=web\n", "utf-8")
    names = ("all.txt", "app.json", "app-web.prod.txt")

    read = read_templates([folder], [read_parameters(tmp_path / name) for name in names], None)

    assert {stack.tier: stack.parameters for stack in read.stacks()} == {
        "app": {"Size": "app"},
        "app-web": {"Size": "web"},
        "other": {"Size": "all"},
    }


def test_a_file_of_parameters_is_for_no_other_template(tmp_path: Path) -> None:
    """Whether its template is the first or the last that is read."""
    template = "Parameters: {Size: {Type: String, Default: x}}\nResources: {}\n"
    folder = write(tmp_path / "a", app_yaml=template, web_yaml=template)
    write(tmp_path, app_txt="Size=app", web_txt="Size=web")

    for name, expected in (
        ("app", {"app": {"Size": "app"}, "web": {}}),
        ("web", {"app": {}, "web": {"Size": "web"}}),
    ):
        given = [read_parameters(tmp_path / f"{name}.txt")]
        stacks = read_templates([folder], given, None).stacks()
        assert {stack.tier: stack.parameters for stack in stacks} == expected


def test_a_fault_of_a_parameter_names_its_file(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    template = "Parameters: {Size: {Type: Number}}\nResources: {}\n"
    folder = write(tmp_path / "a", app_yaml=template, web_yaml=template)
    write(tmp_path, app_txt="Size=big\nOther=1", all_txt="Sise=1\nX=2", good_txt="Size=1\nX=2")
    files = [tmp_path / f"{name}.txt" for name in ("app", "all", "good")]

    status, out, _ = run(capsys, folder, *(w for file in files for w in ("--parameters", file)))

    assert status == 1
    app, every, good = files
    assert "the template has no parameter Other; take it out of " + str(app) in out
    assert "the parameter Size: 'big' is not a number; change it in " + str(app) not in out
    assert (
        f"{every}:1 (all) E9021 no template here has a parameter Sise or 1 more that it "
        f"states; did you mean Size? Change it in {every}\n"
    ) in out
    assert f"{good}:1" not in out
    _, out, _ = run(capsys, folder, "--parameters", app)
    assert "the parameter Size: 'big' is not a number; change it in " + str(app) in out


def test_a_fault_of_a_nested_stack_names_its_parent(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    given = PARENT.replace("Name: jobs", "Name: jobs\n        Colour: red")
    folder = write(tmp_path / "a", parent_yaml=given, children__child_yaml=CHILD)

    _, out, _ = run(capsys, folder)

    assert "the template has no parameter Colour; take it out of Child of parent" in out


def test_a_note_lists_a_few_names(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    names = [f"Name{number:02}" for number in range(25)]
    parameters = ", ".join(f"{name}: {{Type: String}}" for name in names)
    folder = write(tmp_path / "a", app_yaml=f"Parameters: {{{parameters}}}\nResources: {{}}\n")

    _, out, _ = run(capsys, folder)

    assert "app.Name09 and 15 more; rules are silent about them" in out
    assert "Name10" not in next(line for line in out.splitlines() if "I9009" in line)


def test_an_option_without_its_value_leads_to_the_help_of_lint(
    capsys: pytest.CaptureFixture[str],
) -> None:
    status, _, err = run(capsys, "a", "--parameters")

    assert status == 2
    assert "lint --help" in err


PARENT = """
Resources:
  Topic: {Type: AWS::SNS::Topic}
  Group: {Type: AWS::EC2::SecurityGroup, Properties: {GroupDescription: x}}
  Child:
    Type: AWS::CloudFormation::Stack
    Properties:
      TemplateURL: ./children/child.yaml
      Parameters:
        Target: !Ref Topic
        Name: jobs
        Groups: !Join [",", [!GetAtt Group.GroupId]]
  Policy:
    Type: AWS::SSM::Parameter
    Properties:
      Type: String
      Value: !Sub "${Child.Outputs.Queue} and ${Topic}"
Outputs:
  Queue: {Value: !GetAtt Child.Outputs.Queue}
"""
CHILD = """
Parameters:
  Target: {Type: String}
  Name: {Type: String}
  Groups: {Type: "List<AWS::EC2::SecurityGroup::Id>"}
Resources:
  Queue: {Type: AWS::SQS::Queue, Properties: {QueueName: !Ref Name}}
  Note:
    Type: AWS::SSM::Parameter
    Properties: {Type: String, Value: !Ref Target, Name: !Sub "/${Target}"}
  Link:
    Type: AWS::ApiGatewayV2::VpcLink
    Properties: {Name: x, SecurityGroupIds: !Ref Groups, SubnetIds: [subnet-01234567]}
Outputs:
  Queue: {Value: !GetAtt Queue.Arn}
"""


def linked(folder: Path) -> dict[str, Any]:
    return dict(link(read_templates([folder], [], None).stacks()).template)


def test_a_nested_stack_is_linked_with_its_parent(tmp_path: Path) -> None:
    folder = write(tmp_path / "a", parent_yaml=PARENT, children__child_yaml=CHILD)

    template = linked(folder)

    resources = template["Resources"]
    arn = {"Fn::GetAtt": ["ParentChildQueue", "Arn"]}
    note = resources["ParentChildNote"]["Properties"]
    assert template["Outputs"]["ParentQueue"] == {"Value": arn}
    assert note["Value"] == {"Ref": "ParentTopic"}
    assert note["Name"] == {
        "Fn::Sub": ["/${ParentChildTarget}", {"ParentChildTarget": {"Ref": "ParentTopic"}}]
    }
    assert resources["ParentPolicy"]["Properties"]["Value"] == {
        "Fn::Sub": [
            "${ParentChildOutputsQueue} and ${ParentTopic}",
            {"ParentChildOutputsQueue": arn},
        ]
    }
    assert resources["ParentChildLink"]["Properties"]["SecurityGroupIds"] == [
        {"Fn::GetAtt": ["ParentGroup", "GroupId"]}
    ]
    assert {name: body["Default"] for name, body in template["Parameters"].items()} == {
        "ParentChildName": "jobs"
    }


def test_a_parent_gives_the_parameters_of_its_nested_stack(tmp_path: Path) -> None:
    without = PARENT.replace("        Name: jobs\n", "")
    folder = write(tmp_path / "a", parent_yaml=without, children__child_yaml=CHILD)

    problems = link(read_templates([folder], [], None).stacks()).problems

    assert [(each.code, each.path) for each in problems] == [("E9022", ("Parameters", "Name"))]


def test_a_template_that_nests_itself_is_read_once(tmp_path: Path) -> None:
    nested = "{Type: AWS::CloudFormation::Stack, Properties: {TemplateURL: loop.yaml}}"
    loop = f"Resources: {{One: {nested}, Two: {nested}}}"
    parent = f"Resources: {{Child: {nested}}}"
    folder = write(tmp_path / "a", parent_yaml=parent, loop_yaml=loop)

    stacks = read_templates([folder], [], None).stacks()

    assert [stack.tier for stack in stacks] == ["parent-Child", "parent"]


@pytest.mark.parametrize("with_parent", [True, False])
def test_templates_that_nest_in_a_circle_are_named(tmp_path: Path, with_parent: bool) -> None:
    def nesting(name: str) -> str:
        url = f"{{TemplateURL: {name}.yaml}}"
        return f"Resources: {{One: {{Type: AWS::CloudFormation::Stack, Properties: {url}}}}}"

    names = {"b": "c", "c": "d", "d": "b", **({"a": "b"} if with_parent else {})}
    contents = {f"{name}_yaml": nesting(other) for name, other in names.items()}
    folder = write(tmp_path / "a", **contents)

    system = read_templates([folder], [], None)
    (fault,) = system.faults

    assert fault["file"] == f"{folder}/b.yaml"
    assert fault["message"].startswith(
        f"it nests {folder}/c.yaml, which nests {folder}/d.yaml, which nests {folder}/b.yaml;"
    )
    assert len(system.stacks()) == len(names)


def test_a_nested_stack_has_a_name_of_its_own(tmp_path: Path) -> None:
    """Also in a folder that holds a template of that name, or one with many hyphens."""
    folder = write(tmp_path / "a", parent_yaml=PARENT, children__child_yaml=CHILD)
    hyphens = "-".join("abcdefghijklmnopqrstuvwxyz")
    for name in ("parent-Child", hyphens):
        (folder / f"{name}.yaml").write_text(PARENT, "utf-8")

    stacks = read_templates([folder], [], None).stacks()

    assert {stack.tier: stack.parent for stack in stacks} == {
        "parent": None,
        "parent-Child": None,
        "parent-Child-2": ("parent", "Child"),
        "parent-Child-Child": ("parent-Child", "Child"),
        hyphens: None,
        f"{hyphens}-Child": (hyphens, "Child"),
    }


def test_a_linked_nested_stack_is_clean(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    folder = write(tmp_path / "a", parent_yaml=PARENT, children__child_yaml=CHILD)

    _, out, err = run(capsys, folder)

    assert err == ""
    assert not [line for line in out.splitlines() if ") E" in line or "W2001" in line]
    assert "I9009" not in out


def test_a_message_names_the_output_of_a_nested_stack(tmp_path: Path) -> None:
    folder = write(tmp_path / "a", parent_yaml=PARENT, children__child_yaml=CHILD)
    stacks = read_templates([folder], [], None).stacks()

    message = Names(stacks, link(stacks)).in_templates(
        "ParentChildOutputsQueue and ParentChildQueue.Arn", "parent"
    )

    assert message == "Child.Outputs.Queue and Queue.Arn of parent-Child"


def test_other_files_of_a_folder_are_no_templates(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    write(
        tmp_path / "a",
        network_yaml=NETWORK,
        values_json=VALUES["codepipeline"],
        config_yaml='rule: "about Resources: none"\n',
        list_yml="- Resources: {}\n",
        broken_yaml="{{ template }}: [",
        limits_yaml="Resources: {limits: 4}\n",
        chart_yaml="Resources: {limits: {cpu: 4}}\n",
        text_yaml="Resources: none\n",
        large_json=json.dumps({"Resources": "x" * LARGEST_FILE_BYTES}),
    )
    (tmp_path / "a" / "gone.yaml").symlink_to("nowhere.yaml")

    assert run(capsys, tmp_path / "a") == (0, "", "")


LARGE = f"AWSTemplateFormatVersion: '2010-09-09'\n{'#' * LARGEST_FILE_BYTES}\n"
UNUSABLE = {
    "not readable as JSON or YAML": ("Resources:\n  A: [\n", 3),
    "it needs a mapping Resources": ("AWSTemplateFormatVersion: '2010-09-09'\n", 1),
    "Resources is null; expected a mapping": ("\nResources:\n", 2),
    "Outputs.A is a text; expected": ("Resources: {}\nOutputs:\n  A: x\n", 3),
    "the key A occurs twice, again in line 3": ("Resources:\n  A: {}\n  A: {}\n", 3),
    "larger than 1,000,000 bytes": (LARGE, 1),
}


@pytest.mark.parametrize("why", UNUSABLE)
def test_a_broken_template_of_a_folder_is_a_finding_beside_the_others(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], why: str
) -> None:
    text, line = UNUSABLE[why]
    folder = write(
        tmp_path / "a", network_yaml=NETWORK.replace("10.0", "x"), other_yaml=text, z_yaml=text
    )

    status, out, err = run(capsys, folder)

    assert (status, err) == (1, "")
    lines = [each for each in out.splitlines() if "E9031" in each]
    for name, each in zip(("other", "z"), lines, strict=True):
        assert each.startswith(f"{folder}/{name}.yaml:{line} ({name}) E9031 ")
        assert why in each
        assert "; fix: correct the file, or lint the other templates without it" in each
    assert "network.yaml:3 (network: Vpc)" in out


def test_templates_that_are_all_broken_are_all_named(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    folder = write(tmp_path / "a", one_yaml="Resources: [", two_yaml="Resources: {")

    status, out, err = run(capsys, folder)

    assert (status, out) == (2, "")
    assert [line.partition(": ")[0] for line in err.splitlines()] == [
        f"{folder}/one.yaml",
        f"{folder}/two.yaml",
    ]


def test_a_broken_nested_template_is_a_finding(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    folder = write(tmp_path / "a", parent_yaml=PARENT, children__child_yaml="- 1\n")

    status, out, err = run(capsys, folder / "parent.yaml")

    assert (status, err) == (1, "")
    assert f"{folder}/children/child.yaml:1 (child) E9031 not a template" in out


def test_a_folder_is_read_once_whatever_links_lead_to_it(tmp_path: Path) -> None:
    folder = write(tmp_path / "a", app__one_yaml=NETWORK)
    (folder / "app" / "loop").symlink_to("..")
    (folder / "same").symlink_to("app")

    assert [*candidates(folder)] == [folder / "app" / "one.yaml"]


@pytest.mark.parametrize("text", ["x", "[1]", "{", '{"Parameters": {"A": {}}}', "=x"])
def test_a_file_that_holds_no_parameters_is_named(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], text: str
) -> None:
    folder = write(tmp_path / "a", network_yaml=NETWORK)
    write(tmp_path, p=text)

    status, _, err = run(capsys, folder, "--parameters", tmp_path / "p")

    assert status == 2
    assert err.startswith(f"{tmp_path}/p: not a file of parameters; expected a JSON list")
    assert err.count("\n") == 1


def test_an_unknown_region_is_named(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    folder = write(tmp_path / "a", network_yaml=NETWORK)

    status, _, err = run(capsys, folder, "--region", "xx-1")

    assert status == 2
    assert "--region: cfn-lint knows no xx-1" in err
