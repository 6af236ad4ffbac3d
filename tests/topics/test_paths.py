"""The path of a URL (contract, section 2)."""

from __future__ import annotations

import pytest

from topics.events import path_of


@pytest.mark.parametrize(
    ("url", "path"),
    [
        ("https://x.example", "/"),
        ("https://x.example/", "/"),
        ("https://x.example?q=1", "/"),
        ("https://x.example#top", "/"),
        ("https://x.example/pricing", "/pricing"),
        ("https://x.example/pricing?q=/a#b", "/pricing"),
        ("https://x.example/pricing#b?q", "/pricing"),
        ("https://x.example:8443/a/b/", "/a/b/"),
        ("https://user:secret@x.example/a", "/a"),
        ("HTTP://X.EXAMPLE/A", "/A"),
        ("//x.example/a", "/a"),
        ("//x.example", "/"),
        ("/a/b?x=1", "/a/b"),
        ("a/b", "a/b"),
        ("?x=1", ""),
        ("", ""),
        ("https://x.example/%D1%84?x", "/%D1%84"),
        ("https://x.example//double//slash", "//double//slash"),
        ("https://[2001:db8::1]/a", "/a"),
        ("https://x.example/a;b=c", "/a;b=c"),
        ("https://x.example/look?to=https://y.example/z", "/look"),
    ],
)
def test_path_of(url: str, path: str) -> None:
    """Query and fragment are cut, nothing is decoded, a host alone has the path `/`, a relative URL is a path."""
    assert path_of(url) == path
