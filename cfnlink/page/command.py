"""Write one page about each environment: `cfnlink page FOLDER ...`."""

from datetime import date
from pathlib import Path
from types import SimpleNamespace

from jinja2 import Environment, FileSystemLoader, StrictUndefined
from markupsafe import Markup

from cfnlink.cost.output import STALE_DAYS
from cfnlink.lint.command import check_all
from cfnlink.lint.finding import Finding
from cfnlink.page.content import page
from cfnlink.page.links import linked
from cfnlink.page.model import Model
from cfnlink.picture import draw
from cfnlink.system.folder import Folder, UnusableError, read

TEMPLATE = "page.html.j2"


def run(options: SimpleNamespace) -> int:
    """Write a page for each folder, all of them or none. Raises UnusableError."""
    folders = {_file(options.output, path): read(path) for path in options.folder}
    findings = check_all(list(folders.values()))
    pages = [
        (file, render(folder, found, options.today))
        for (file, folder), found in zip(folders.items(), findings, strict=True)
    ]
    for file, text in pages:
        _write(file, text)
        print(file)
    return 0


def _file(output: Path, folder: Path) -> Path:
    """Where a folder's page goes: by the folder's name, which is the environment's."""
    return output / folder.resolve().name / "index.html"


def render(folder: Folder, findings: list[Finding], today: date | None = None) -> str:
    """The page as text. Raises UnusableError."""
    environment = Environment(
        loader=FileSystemLoader(Path(__file__).parent),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        keep_trailing_newline=True,
    )
    environment.filters["money"] = "{:,.2f}".format
    model = Model(folder)
    shown = page(model, findings, today)
    picture = linked(draw(model.system, shown.title), model.system.resources)
    # The drawing escapes what it shows.
    return environment.get_template(TEMPLATE).render(
        page=shown,
        picture=Markup(picture),  # noqa: S704
        stale_days=STALE_DAYS,
    )


def _write(file: Path, text: str) -> None:
    """The file whole or not at all. Raises UnusableError."""
    try:
        file.parent.mkdir(parents=True, exist_ok=True)
        part = file.with_name(f"{file.name}.part")
        part.write_bytes(text.encode("utf-8", "replace"))
        part.replace(file)
    except OSError as error:
        raise UnusableError(file, f"not written: {error.strerror}") from None
