"""Replace the example's settings with the user's: `cfnlink init`, or `make init`.

On a terminal it asks questions. With options it asks none, and reports missing and wrong
answers.
"""

import sys
from pathlib import Path
from types import SimpleNamespace

from initialize.check import Problem, problems
from initialize.draft import Draft
from initialize.merge_driver import set_merge_driver
from initialize.questions import ask
from initialize.report import say_bills, say_choices, say_next
from initialize.variables import (
    EXAMPLE_ANSWERS,
    PLACEHOLDERS,
    PROJECT,
    VARIABLES,
    Answers,
    command,
)
from initialize.write import write
from templates.settings import SettingsError
from templates.settings.files import PROJECT_FILE

HERE = Path(__file__).parents[1]


def run(options: SimpleNamespace) -> int:
    """Return the exit status: 0 done, 1 refused, 2 an answer is missing, 130 interrupted."""
    given = {
        v.name: text
        for v in VARIABLES
        if (text := getattr(options, str(v.option.name))) is not None
    }
    try:
        return _run(options.settings, given, force=options.force)
    except SettingsError as error:
        print(error, file=sys.stderr)
        return 1
    except OSError as error:
        print(f"{error.filename}: not written: {error.strerror}", file=sys.stderr)
        return 1
    except (KeyboardInterrupt, EOFError):
        print("\ninterrupted: run the same command again", file=sys.stderr)
        return 130


def _run(folder: Path, given: Answers, *, force: bool) -> int:
    draft = Draft.of(folder)
    settings = "" if folder.resolve() == HERE.resolve() else str(folder)
    answers = given
    if not given and sys.stdin.isatty():
        if not (draft.is_shipped or force):
            return _refuse(draft, command({}, settings, force=True))
        answers = ask(draft)
    if wrong := problems(draft, answers):
        return _say(wrong, answers, settings)
    texts = draft.with_answers(answers)
    if not (draft.is_shipped or force or draft.changes_nothing(texts)):
        return _refuse(draft, command(given, settings, force=True))
    say_choices(draft, answers)
    if status := write(folder, draft, texts):
        return status
    set_merge_driver(folder)
    say_bills(folder, draft)
    say_next(folder)
    return 0


def _refuse(draft: Draft, forced: str) -> int:
    print(
        f"{PROJECT_FILE} is the project {draft.default(PROJECT.key)} already, not the example; "
        f"fix: edit it, or let the answers replace what it states: {forced}",
        file=sys.stderr,
    )
    return 1


def _say(wrong: list[Problem], answers: Answers, settings: str) -> int:
    """Print wrong and missing answers; if one is missing, print the whole command too."""
    for problem in wrong:
        print(problem.text, file=sys.stderr)
    missing = [each.variable.name for each in wrong if each.variable and each.is_missing]
    if not missing:
        return 1
    whole = {name: PLACEHOLDERS[name] for name in missing} if answers else EXAMPLE_ANSWERS
    print(f"expected: {command({**answers, **whole}, settings)}", file=sys.stderr)
    return 2
