"""Templates to HTML: everything is escaped once more here, and every page has the same head and foot."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import jinja2

from footsense import __version__
from footsense.report.theme import css_variables


def rendered(template: Path, page: Mapping[str, Any], statement: str) -> str:
    """The page of a template that extends `base.html.j2`; `statement` stands at its foot."""
    environment = jinja2.Environment(
        loader=jinja2.FileSystemLoader([template.parent, Path(__file__).parent]),
        autoescape=True,
        undefined=jinja2.StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    return environment.get_template(template.name).render(
        page=page,
        statement=statement,
        version=__version__,
        light=css_variables(dark=False),
        dark=css_variables(dark=True),
    )
