"""Files taken in from the page: one result for each, and one bad file stops no other."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from articles_desk import GARAM, files_of, run
from serving import Open

from ui.chat.intake import Progress, take_in
from ui.service import Service

pytest_plugins = ["serving"]


async def last(service: Service, files: Sequence[Path]) -> Progress:
    told = [progress async for progress in take_in(service, files)]
    assert [one.stage for one in told] == sorted(
        (one.stage for one in told), key=["reading", "taking in", "done"].index
    )
    assert told[0] == Progress("reading", 0, len(files))
    return told[-1]


def outcomes(progress: Progress) -> list[tuple[str, str]]:
    return [(one.file, one.outcome or (one.error.code if one.error else "?")) for one in progress.results]


def test_one_bad_file_does_not_stop_the_others(opened: Open, tmp_path: Path) -> None:
    lines = '{"id": "line-1", "text": "누리호가 날았다고 한다. 모두 세 번째다."}\nno json\n'
    files = files_of(tmp_path / "up", empty_txt="", garam_md=GARAM, many_jsonl=lines, broken_pdf=b"%PDF-1.4 nothing")

    async def uploaded() -> tuple[Progress, set[str]]:
        async with opened() as service:
            return await last(service, files), {one.id for one in await service.articles()}

    progress, ids = run(uploaded())
    assert outcomes(progress) == [
        ("empty.txt", "article_file"),
        ("garam.md", "added"),
        ("many.jsonl", "added"),
        ("many.jsonl", "article_file"),
        ("broken.pdf", "article_file"),
    ]
    assert {"garam", "line-1"} <= ids


def test_a_file_added_again_is_unchanged_changed_replaced_and_of_another_name_refused(
    opened: Open, tmp_path: Path
) -> None:
    changed = GARAM.replace("3만2천대", "4만대")

    async def uploaded() -> list[tuple[str, str]]:
        async with opened() as service:
            found: list[tuple[str, str]] = []
            for folder, files in (
                ("a", {"garam_md": GARAM}),
                ("b", {"garam_md": GARAM}),
                ("c", {"garam_md": changed}),
                ("d", {"other_md": GARAM}),
            ):
                found += outcomes(await last(service, files_of(tmp_path / folder, **files)))
            assert "4만대" in (await service.article("garam")).text
            return found

    assert run(uploaded()) == [
        ("garam.md", "added"),
        ("garam.md", "unchanged"),
        ("garam.md", "replaced"),
        ("other.md", "article_exists"),
    ]
