"""What may reach a terminal."""

import unicodedata

_UNSAFE = {"Cc", "Cf", "Cs", "Co", "Cn", "Zl", "Zp"}


def is_safe(line: str) -> bool:
    """Whether this is one line that moves no cursor and hides nothing: no control, bidi or lone surrogate."""
    return not any(unicodedata.category(c) in _UNSAFE for c in line)
