"""Foreign text reaches a person only through `display`."""

import unicodedata
from pathlib import Path

from hypothesis import given
from hypothesis import strategies as st

from footsense.text import display


@given(st.text(), st.integers(1, 100))
def test_any_text_becomes_one_printable_line(text: str, limit: int) -> None:
    shown = display(text, limit)
    assert len(shown) <= limit
    assert not [c for c in shown if unicodedata.category(c) in {"Cc", "Cf", "Cs", "Zl", "Zp"}]
    shown.encode()  # no lone surrogate is left


def test_a_path_is_shown_to_its_end() -> None:
    path = Path("/home/anna") / ("a folder of many words " * 8) / "monday.mcap"
    assert display(path) == str(path)
    assert display(str(path)).endswith("…")
