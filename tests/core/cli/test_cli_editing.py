"""Cuts on the beat and the editor's settings, from the command line."""

import json
from pathlib import Path

import pytest
from drawing import Draw

from core.cli.run import main
from core.studio import Studio


@pytest.fixture
def ascent(studio: Studio, draw: Draw, monkeypatch: pytest.MonkeyPatch) -> Studio:
    """A studio with the project `ascent`: three shots of 1.1 s."""
    monkeypatch.setenv("STILLMOTION_DATA", str(studio.settings.data))
    made = studio.create_project("Ascent")
    studio.add_stills(made.id, draw.stills(3), seconds=1.1)
    return studio


def starts(studio: Studio) -> list[float]:
    return [shot.start for shot in studio.project("ascent").shots]


def test_shifts_are_told_before_and_nothing_moves_until_it_is_asked_for(
    ascent: Studio, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["snap", "ascent", "--bpm", "60"]) == 0
    said = capsys.readouterr().out
    assert "shot_002  1.100  1.000  -0.100  goes to the beat" in said
    assert "2 of 2 cuts would move. Add --apply to move them." in said
    assert starts(ascent) == [0, 1.1, 2.2]
    assert main(["snap", "ascent", "--bpm", "60", "--apply", "--json"]) == 0
    facts = json.loads(capsys.readouterr().out)
    assert (facts["moved"], facts["applied"]) == (2, True)
    assert facts["shifts"][0] == {
        "shot_id": "shot_002",
        "from_s": 1.1,
        "to_s": 1.0,
        "shift_s": -0.1,
        "moves": True,
        "reason": "goes to the beat",
    }
    assert starts(ascent) == [0, 1.0, 2.0]
    assert [shot.end for shot in ascent.project("ascent").shots] == [1.0, 2.0, 3.3]


def test_a_cut_without_a_beat_near_it_says_so(ascent: Studio, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["snap", "ascent", "--bpm", "60", "--offset", "0.5", "--max-shift", "0.1", "--apply"]) == 0
    said = capsys.readouterr().out
    assert said.count("no beat is near enough") == 2
    assert "0 of 2 cuts moved." in said
    assert starts(ascent) == [0, 1.1, 2.2]


@pytest.mark.parametrize(
    ("options", "code", "said"),
    [
        ([], 2, "one of the arguments --bpm --beats is required"),
        (["--bpm", "120", "--beats"], 2, "not allowed with"),
        (["--bpm", "fast"], 1, "'fast', which is not a number.\nEnter a tempo"),
        (["--beats"], 1, "Ascent has no music to listen to.\nLay music"),
    ],
)
def test_what_gives_no_beats_is_refused(
    ascent: Studio, capsys: pytest.CaptureFixture[str], options: list[str], code: int, said: str
) -> None:
    assert main(["snap", "ascent", *options]) == code
    assert said in capsys.readouterr().err


def test_a_project_without_cuts_says_so(ascent: Studio, capsys: pytest.CaptureFixture[str]) -> None:
    ascent.create_project("Empty")
    assert main(["snap", "empty", "--bpm", "60", "--apply"]) == 0
    assert "it takes two shots" in capsys.readouterr().out


def test_every_setting_of_the_cut_is_set_by_name(ascent: Studio, capsys: pytest.CaptureFixture[str]) -> None:
    settings = ["--framing", "fit", "--transition", "dissolve 0.4", "--clip-sound", "drop"]
    assert main(["set", "ascent", *settings, "--loudness", "-16", "--track-end", "trim", "--json"]) == 0
    facts = json.loads(capsys.readouterr().out)
    told = {"framing": "fit", "transition": "dissolve 0.4", "clip_sound": "drop", "loudness_lufs": -16}
    assert {**told, "track_end": "trim"}.items() <= facts.items()
    assert main(["set", "ascent", "--loudness", "off", "--transition", "cut"]) == 0
    project = ascent.project("ascent")
    assert project.loudness_lufs is None
    assert str(project.transition) == "cut"


def test_a_shots_fit_transition_and_title_are_set_and_taken_back(
    ascent: Studio, capsys: pytest.CaptureFixture[str]
) -> None:
    words = ["--fit", "loop", "--transition", "dip 1", "--title", "Chapter one"]
    assert main(["set-shot", "ascent", "shot_002", *words, "--json"]) == 0
    shot = json.loads(capsys.readouterr().out)
    assert (shot["fit"], shot["title"], shot["transition"]) == (
        "loop",
        "Chapter one",
        {"kind": "dip", "seconds": 1},
    )
    assert main(["set-shot", "ascent", "shot_002", "--transition", "", "--title", "", "--fit", "auto"]) == 0
    back = ascent.project("ascent").shot("shot_002")
    assert (back.transition, back.title, back.fit) == (None, "", "auto")


@pytest.mark.parametrize(
    "option", [["--fit", "squeeze"], ["--transition", "wipe 1"], ["--transition", "dip 11"]]
)
def test_words_that_no_editor_uses_are_refused(
    ascent: Studio, capsys: pytest.CaptureFixture[str], option: list[str]
) -> None:
    assert main(["set-shot", "ascent", "shot_002", *option]) == 1
    assert len(capsys.readouterr().err.splitlines()) == 2


def test_music_is_listened_to_only_with_the_extra(
    ascent: Studio, tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    import sys
    import wave

    with wave.open(str(tmp_path / "hum.wav"), "wb") as sound:
        sound.setparams((1, 2, 8000, 0, "NONE", ""))
        sound.writeframes(bytes(16_000))
    assert main(["set-track", "ascent", str(tmp_path / "hum.wav")]) == 0
    monkeypatch.setitem(sys.modules, "librosa", None)  # as if it were not there
    assert main(["snap", "ascent", "--beats"]) == 1
    what, remedy = capsys.readouterr().err.splitlines()[-2:]
    assert "librosa" in what
    assert "requirements-beats.txt" in remedy
