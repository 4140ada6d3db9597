"""The certificate: what the finished file really holds; a file that is wrong is never handed over."""

import subprocess
from itertools import pairwise
from pathlib import Path

import av
import pytest
from drawing import Draw
from waiting import wait_until

from core.errors import Damaged, MediaFailed, NotFound, NotNow
from core.executor import Executor
from core.exporter import Certificate, Export, ExportState
from core.exporter.certificate import certificate_path, certify
from core.exporter.join import Joined, join
from core.exporter.parts import parts_of
from core.exporter.segments import make_segment, segment_path
from core.media import ffmpeg, sha256_of
from core.providers.base import Signals
from core.studio import Studio
from core.take import ENDED

GO_ON = Signals(
    cancelled=lambda: False, stopping=lambda: False, started=lambda: None, progress=lambda *_: None
)


@pytest.fixture
def project(studio: Studio, draw: Draw) -> str:
    """Three shots whose lengths are no whole frames, at a rate that is no whole number."""
    studio.create_project("Ascent", fps="23.976")
    studio.add_stills("ascent", draw.stills(3), seconds=0.33)
    return "ascent"


def test_the_certificate_says_where_every_cut_really_is(
    studio: Studio, project: str, slots: Executor, tmp_path: Path
) -> None:
    tone = tmp_path / "bed.wav"
    made = [ffmpeg(), "-loglevel", "error", "-f", "lavfi", "-i", "sine=frequency=440:duration=3", str(tone)]
    subprocess.run(made, check=True)
    studio.set_track(project, tone, "bed.wav")
    studio.order_takes(project, ["shot_002"])
    wait_until(lambda: all(take.state in ENDED for take in studio.takes(project).values()), what="the take")
    export = studio.run_export(studio.order_export(project))
    assert export.state is ExportState.DONE, export.failure
    path = studio.export_file(project, export.export_id)
    certificate = studio.certificate(project, export.export_id)
    assert certificate.frames == certificate.measured_frames == export.frames == 24
    assert [cut.frame for cut in certificate.cuts] == [cut.measured_frame for cut in certificate.cuts]
    assert [cut.frame for cut in certificate.cuts] == [0, 8, 16]
    assert certificate.worst_cut_ms == certificate.worst_frame_ms == 0
    assert certificate.cuts[1].measured_s == pytest.approx(8 * 1001 / 24000, abs=1e-6)
    assert (certificate.sha256, certificate.bytes) == (sha256_of(path), path.stat().st_size)
    assert certificate.fallbacks == ("shot_001", "shot_003")
    [take] = studio.takes(project).values()
    assert [cut.take_id for cut in certificate.cuts] == [None, take.take_id, None]
    assert certificate.cuts[1].model == take.model
    assert take.clip is not None
    assert certificate.cuts[1].source_sha256 == take.clip.sha256
    assert certificate.sound is not None
    assert (certificate.sound.track, certificate.sound.track_sha256) == ("bed.wav", sha256_of(tone))
    assert (certificate.sound.offset_ms, certificate.sound.naive_offset_ms) == (0, 0)
    assert certificate.sound.lufs == pytest.approx(-14, abs=0.5)
    assert certificate.sound.true_peak_dbtp is not None
    assert certificate.sound.true_peak_dbtp <= -1
    assert {"stillmotion", "ffmpeg", "av"} <= set(certificate.made_with)
    beside = Certificate.model_validate_json(certificate_path(path).read_bytes())
    assert beside == certificate


def test_the_picture_changes_where_the_certificate_says_that_it_does(studio: Studio, project: str) -> None:
    export = studio.run_export(studio.order_export(project, mode="stills"))
    with av.open(str(studio.export_file(project, export.export_id))) as file:
        pictures = [frame.to_ndarray(format="gray").astype(int) for frame in file.decode(video=0)]
    pairs = pairwise(pictures)
    changes = [number for number, (one, two) in enumerate(pairs, start=1) if abs(one - two).mean() > 3]
    certificate = studio.certificate(project, export.export_id)
    assert changes == [cut.measured_frame for cut in certificate.cuts[1:]]


def test_cuts_between_shots_of_one_still_are_told_apart(studio: Studio, draw: Draw) -> None:
    studio.create_project("Twins")
    still = draw.still("same.png")
    studio.add_stills("twins", [("a.png", still), ("b.png", still), ("c.png", still)], seconds=4.2)
    export = studio.run_export(studio.order_export("twins", mode="stills", quality="draft"))
    certificate = studio.certificate("twins", export.export_id)
    assert len(list((studio.folder("twins") / "segments").glob("*.mp4"))) == 1
    assert [cut.measured_frame for cut in certificate.cuts] == [0, 105, 210]


def parts_joined(studio: Studio, project: str, numbers: list[int], result: Path) -> tuple[Export, Joined]:
    """The plan of the cut, and a join of the parts with these numbers."""
    plan = studio.plan_export(project, mode="stills")
    folder = studio.folder(project)
    for part in parts_of(plan):
        make_segment(plan, folder, part, GO_ON)
    paths = [segment_path(plan, folder, parts_of(plan)[number]) for number in numbers]
    return plan, join(plan, paths, None, result, GO_ON)


@pytest.mark.parametrize(
    ("numbers", "says"),
    [([0, 1], "16 frames instead of 24"), ([0, 2, 1], "shot_003 is not in it")],
)
def test_a_file_that_is_not_the_cut_is_refused_in_one_line(
    studio: Studio, project: str, tmp_path: Path, numbers: list[int], says: str
) -> None:
    right = tmp_path / "right.mp4"
    plan, joined = parts_joined(studio, project, [0, 1, 2], right)
    assert certify(plan, right, joined, None, {}, name="right.mp4").worst_cut_ms == 0
    wrong = tmp_path / "wrong.mp4"
    parts_joined(studio, project, numbers, wrong)
    with pytest.raises(MediaFailed, match=says) as refused:
        certify(plan, wrong, joined, None, {}, name="wrong.mp4")
    assert refused.value.remedy


def test_a_wrong_pace_and_a_broken_file_are_refused(studio: Studio, project: str, tmp_path: Path) -> None:
    right, slow = tmp_path / "right.mp4", tmp_path / "slow.mp4"
    plan, joined = parts_joined(studio, project, [0, 1, 2], right)
    copy = [ffmpeg(), "-loglevel", "error", "-i", str(right), "-c", "copy"]
    subprocess.run([*copy, "-bsf:v", "setts=ts=N*1010", str(slow)], check=True)
    with pytest.raises(MediaFailed, match=r"frame \d+ is .* from its place"):
        certify(plan, slow, joined, None, {}, name="slow.mp4")
    right.write_bytes(right.read_bytes()[:500])
    with pytest.raises(MediaFailed, match="cannot be read"):
        certify(plan, right, joined, None, {}, name="right.mp4")


def test_certificates_that_are_not_there_or_damaged_are_named(studio: Studio, project: str) -> None:
    order = studio.order_export(project, mode="stills")
    with pytest.raises(NotNow):
        studio.certificate(project, order.export_id)
    export = studio.run_export(order)
    assert export.certified
    path = certificate_path(studio.export_file(project, export.export_id))
    assert [each.export_id for each in studio.exports(project)] == [export.export_id]
    path.write_text("{}")
    with pytest.raises(Damaged):
        studio.certificate(project, export.export_id)
    path.unlink()
    with pytest.raises(NotFound):
        studio.certificate(project, export.export_id)
