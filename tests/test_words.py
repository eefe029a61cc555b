"""The repository uses no word of the list in docs/style.md."""

import re
from pathlib import Path

import pytest

from tests.helpers import ROOT, git

# docs/style.md says what to write instead.
WORDS = re.compile(
    r"(?<![a-z0-9])(?:nobody|somebody|whoever|whom|mend|mends|mended|dear|dearer|wise|unwise"
    r"|surely|sorry|deaf|for~ever|(?:tell|tells|told)~(?:[a-z]+~)?apart|made~anew|by~hand"
    r"|of~one's~own|right~would~be|it~is~so)(?![a-z0-9])".replace("~", r"[\s#_]+"),
    re.IGNORECASE,
)  # also in names, and across the lines of a comment
EXEMPT = {"docs/style.md", "tests/test_words.py", "LICENSE"}  # the licence is not our text
OWNED_BY_USER = ("project.toml", "environments/", "output/", "prices/")


def tracked_files() -> list[str]:
    """Return the paths of the product's files in git's index."""
    paths = git(ROOT, "ls-files", "-z").split("\0")
    return [
        path
        for path in paths
        if path and path not in EXEMPT and not path.startswith(OWNED_BY_USER)
    ]


def words_to_avoid(path: Path) -> list[str]:
    """Return "line: word" for each word of the list in a text file; none for a binary file."""
    try:
        text = path.read_text("utf-8")
    except UnicodeDecodeError:
        return []
    return [
        f"{text.count(chr(10), 0, found.start()) + 1}: {found[0]}"
        for found in WORDS.finditer(text)
    ]


def test_no_file_has_a_word_to_avoid() -> None:
    if not (ROOT / ".git").exists():
        pytest.skip("the files are listed by git, and this folder is no clone")
    found = {
        path: words
        for path in tracked_files()
        if (ROOT / path).is_file() and (words := words_to_avoid(ROOT / path))
    }

    assert found == {}, "docs/style.md says what to write instead"


def test_a_word_is_found_across_lines_in_capitals_and_in_names(tmp_path: Path) -> None:
    page = tmp_path / "page.py"
    text = "# Nobody computed it by\n# hand.\nby_hand = 1  # likewise, amend, wisely, 0deaf\n"
    page.write_text(text, "utf-8")

    assert words_to_avoid(page) == ["1: Nobody", "1: by\n# hand", "3: by_hand"]
