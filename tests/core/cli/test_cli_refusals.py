"""What the command line says to what it cannot do: the exit code, why, and what to do."""

import json
import sys
from collections.abc import Callable
from pathlib import Path

import pytest
from command import Ended
from drawing import Draw

from core.cli import main

Core = Callable[..., Ended]


@pytest.fixture
def core(data: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Core:
    """The command line in this process, on the test's data folder."""
    monkeypatch.setenv("STILLMOTION_DATA", str(data))
    monkeypatch.delenv("FAL_KEY", raising=False)

    def run(*arguments: object) -> Ended:
        code = main([str(argument) for argument in arguments])
        said = capsys.readouterr()
        return Ended(code, said.out, said.err)

    return run


@pytest.fixture
def two_shots(core: Core, draw: Draw) -> Core:
    """The command line, with a project `film` of two shots."""
    assert core("new", "Film").code == 0
    assert core("add-stills", "film", draw.still("a.png"), draw.still("b.png", color="navy")).code == 0
    return core


def test_without_a_verb_the_help_is_shown_and_that_is_bad_usage(core: Core) -> None:
    ended = core()
    assert ended.code == 2
    assert "add-stills" in ended.out


@pytest.mark.parametrize(
    "arguments",
    [
        ("blah",),
        ("show",),
        ("set", "film"),
        ("set-shot", "film", "shot_001"),
        ("set-track", "film"),
        ("set-track", "film", "music.wav", "--remove"),
        ("animate", "film", "--missing", "--failed"),
        ("animate", "film", "--shots", ","),
        ("models", "--jso"),
    ],
)
def test_bad_usage_is_told_on_stderr_with_exit_code_2(core: Core, arguments: tuple[str, ...]) -> None:
    ended = core(*arguments)
    assert ended.code == 2
    assert ended.out == ""
    assert "usage: python -m core" in ended.err


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (("show", "nowhere"), "no project called 'nowhere'"),
        (("show", "../film"), "no project called '../film'"),
        (("costs", "nowhere"), "no project called"),
        (("animate", "nowhere"), "no project called"),
        (("cancel", "nothing"), "no take called 'nothing'"),
        (("choose", "../../x"), "no take called"),
        (("new", "   "), "title is empty"),
        (("new", "X", "--size", "100x100"), "'100x100' is not a size"),
        (("new", "X", "--aspect", "round"), "'round' is not a shape"),
        (("new", "X", "--model", "sora"), "no model called 'sora'"),
        (("set", "film", "--fps", "26"), "'26' is not a frame rate"),
        (("set-shot", "film", "shot_009", "--energy", "0.5"), "no shot called 'shot_009'"),
        (("set-shot", "film", "shot_001", "--energy", "abc"), "'abc', which is not a number"),
        (("set-shot", "film", "shot_001", "--energy", "1.7"), "it goes from 0 to 1"),
        (("set-shot", "film", "shot_002", "--end", "1"), "ends before it starts"),
        (("set-shot", "film", "shot_001", "--model", "sora"), "no model called 'sora'"),
        (("set-track", "film", "missing.wav"), "missing.wav is empty, or not a file"),
        (("remove-shots", "film", "shot_009"), "no shot called"),
        (("add-stills", "film", "x.png", "--seconds", "0"), "0 seconds is not seen"),
        (("quote", "film", "--shots", "shot_001,shot_009"), "no shot called"),
        (("animate", "film", "--shots", "shot_009"), "no shot called"),
        (("export", "film", "--mode", "hologram"), "no mode 'hologram'"),
    ],
)
def test_a_refusal_says_why_and_what_to_do_in_two_lines(
    two_shots: Core, arguments: tuple[str, ...], said: str
) -> None:
    before = two_shots("show", "film", "--json").facts
    ended = two_shots(*arguments, "--json")
    assert ended.code == 1
    what, remedy = ended.err.splitlines()
    assert said in what
    assert ended.facts["error"] == {"kind": ended.facts["error"]["kind"], "what": what, "remedy": remedy}
    assert two_shots("show", "film", "--json").facts == before


def test_of_several_pictures_the_bad_ones_are_named_and_the_rest_come_in(
    core: Core, draw: Draw, tmp_path: Path
) -> None:
    core("new", "Film")
    text = tmp_path / "notes.png"
    text.write_text("not a picture")
    outside = draw.still("deep/../../x.png")
    ended = core(
        "add-stills", "film", draw.still("CON.png"), text, outside, draw.still("süß 日本.png"), "--json"
    )
    assert ended.code == 3
    assert [shot["render"]["source_name"] for shot in ended.facts["shots"]] == [
        "CON.png",
        "x.png",
        "süß 日本.png",
    ]
    assert "notes.png is not a picture" in ended.facts["refused"][0]["what"]
    assert "notes.png is not a picture" in ended.err
    assert core("add-stills", "film", text, tmp_path / "missing.jpg").code == 1


def test_a_folder_gives_its_pictures_in_the_order_people_read(core: Core, draw: Draw, tmp_path: Path) -> None:
    for name in ("shot10.png", "shot2.png"):
        draw.still(name)
    core("new", "Film")
    ended = core("add-stills", "film", draw.folder, "--json")
    assert [shot["render"]["source_name"] for shot in ended.facts["shots"]] == ["shot2.png", "shot10.png"]
    (tmp_path / "empty").mkdir()
    assert core("add-stills", "film", tmp_path / "empty").code == 1


def test_a_paid_order_without_a_terminal_is_refused_and_nothing_is_reserved(two_shots: Core) -> None:
    ended = two_shots("animate", "film", "--model", "kling_i2v", "--json")
    assert ended.code == 1
    assert two_shots("costs", "--json").facts["reserved_usd"] == "0"
    assert two_shots("takes", "film", "--json").facts == {"takes": []}


def test_a_damaged_project_is_named_and_can_be_restored(two_shots: Core, data: Path) -> None:
    two_shots("set", "film", "--title", "Second title")
    (data / "projects" / "film" / "project.json").write_text("{ torn")
    assert two_shots("show", "film").code == 1
    listed = two_shots("projects", "--json")
    assert listed.code == 0
    assert listed.facts["projects"][0]["damage"]["remedy"] in listed.err
    looked = two_shots("doctor", "--json")
    assert looked.code == 1
    assert [check["name"] for check in looked.facts["checks"] if check["verdict"] == "fail"] == ["projects"]
    assert two_shots("restore", "film", "--json").facts["title"] == "Film"


def test_the_doctor_finds_a_torn_ledger_and_money_without_a_take(two_shots: Core, data: Path) -> None:
    assert two_shots("doctor").code == 0
    line = {
        "at": "2026-01-01T00:00:00Z",
        "entry": "reserve",
        "take_id": "gone",
        "project_id": "film",
        "shot_id": "shot_001",
        "model": "kling_i2v",
        "usd": "0.70",
        "source": "quote",
        "price_as_of": "2026-01-01",
    }
    (data / "ledger.jsonl").write_text(f"{{ torn\n{json.dumps(line)}\n")
    checks = {check["name"]: check for check in two_shots("doctor", "--json").facts["checks"]}
    assert checks["ledger"]["verdict"] == "warn"
    assert checks["reservations"]["verdict"] == "warn"
    assert "$0.70" in checks["reservations"]["what"]


def test_the_doctor_tells_that_a_key_is_there_and_never_which(
    core: Core, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("FAL_KEY", "very-secret")
    ended = core("doctor", "--json")
    checks = {check["name"]: check["what"] for check in ended.facts["checks"]}
    assert checks["FAL_KEY"] == "set"
    assert "very-secret" not in ended.out + ended.err


def test_a_file_in_place_of_the_data_folder_is_told(core: Core, data: Path) -> None:
    data.write_text("a file")
    for verb in (("projects",), ("new", "X"), ("costs",), ("models",), ("doctor",)):
        ended = core(*verb)
        assert ended.code == 1
        assert "STILLMOTION_DATA" in ended.out + ended.err


@pytest.mark.parametrize(
    ("place", "said"),
    [
        ("cut.avi", "does not end in .mp4"),
        ("missing/cut.mp4", "There is no folder"),
        ("file/cut.mp4", "There is no folder"),
        ("there.mp4", "exists"),
        ("folder.mp4", "is a folder"),
        pytest.param("n" * 252 + ".mp4", "is too long", id="256 letters"),
    ],
)
def test_a_place_that_cannot_be_written_is_told_before_the_work_begins(
    two_shots: Core, data: Path, tmp_path: Path, place: str, said: str
) -> None:
    (tmp_path / "file").write_text("")
    (tmp_path / "there.mp4").write_text("mine")
    (tmp_path / "folder.mp4").mkdir()
    ended = two_shots("export", "film", "--out", tmp_path / place)
    assert ended.code == 1
    assert said in ended.err
    assert not (data / "projects" / "film" / "exports").exists()
    assert (tmp_path / "there.mp4").read_text() == "mine"


def test_a_file_is_replaced_when_that_is_asked_for(two_shots: Core, tmp_path: Path) -> None:
    two_shots("remove-shots", "film", "shot_002")
    two_shots("set-shot", "film", "shot_001", "--end", "0.2")
    out = tmp_path / "there.mp4"
    out.write_text("mine")
    ended = two_shots("export", "film", "--mode", "stills", "--out", out, "--force", "--json")
    assert ended.code == 0, ended.err
    assert out.stat().st_size == ended.facts["bytes"]


@pytest.mark.skipif(sys.platform in ("win32", "darwin"), reason="names that their disks do not take")
@pytest.mark.parametrize("name", ["n" * 251, "é" * 125, "🎬" * 62, "\udcff\udcfe"], ids=ascii)
def test_a_file_may_have_the_longest_name_and_any_letters(two_shots: Core, tmp_path: Path, name: str) -> None:
    two_shots("remove-shots", "film", "shot_002")
    two_shots("set-shot", "film", "shot_001", "--end", "0.2")
    out = tmp_path / f"{name}.mp4"
    ended = two_shots("export", "film", "--mode", "stills", "--out", out, "--json")
    assert ended.code == 0, ended.err
    assert sorted(tmp_path.glob("*.mp4")) == [out]
    [certificate] = tmp_path.glob("*.certificate.json")
    assert json.loads(certificate.read_text(encoding="utf-8"))["measured_frames"] == 5


def test_shots_change_places_and_the_first_goes_no_earlier(two_shots: Core) -> None:
    moved = two_shots("move-shot", "film", "shot_002", "earlier", "--json").facts["shots"]
    assert [shot["shot_id"] for shot in moved] == ["shot_002", "shot_001"]
    assert moved[0]["start"] == 0.0
    assert moved[0]["end"] == moved[1]["start"]
    refused = two_shots("move-shot", "film", "shot_002", "earlier")
    assert refused.code == 1
    assert "shot_002 is the first shot already." in refused.err


def test_times_that_leave_a_gap_are_shown_and_line_up_closes_it(two_shots: Core) -> None:
    two_shots("set-shot", "film", "shot_002", "--start", "4")
    shown = two_shots("show", "film", "--json").facts
    assert [problem["shot_id"] for problem in shown["problems"]] == ["shot_002"]
    assert shown["duration_s"] == 6.0
    assert two_shots("line-up", "film").code == 0
    shown = two_shots("show", "film", "--json").facts
    assert shown["problems"] == []
    assert shown["duration_s"] == 5.0


def test_words_can_be_set_and_taken_back(two_shots: Core) -> None:
    own = two_shots("set-shot", "film", "shot_001", "--motion-prompt", "The flag waves.", "--json").facts
    assert own["words"] == "The flag waves."
    back = two_shots("set-shot", "film", "shot_001", "--motion-prompt", "", "--energy", "0.9", "--json").facts
    assert back["words"] != "The flag waves."
    assert back["energy"] == 0.9


def test_an_empty_project_cannot_be_animated_or_exported(core: Core) -> None:
    core("new", "Empty")
    assert "add-stills" in core("animate", "empty").err
    assert core("export", "empty").code == 1
    assert core("show", "empty").code == 0
    assert core("quote", "empty").code == 0
