"""Texts that would run, if a page took them for anything but text. All of them would set `window.hacked`."""

from __future__ import annotations

from typing import Final

PAYLOADS: Final = (
    "<script>window.hacked=1</script>",
    "<img src=x onerror=window.hacked=1>",
    "<svg onload=window.hacked=1>",
    "<svg><script>window.hacked=1</script></svg>",
    "<iframe srcdoc='<script>parent.hacked=1</script>'></iframe>",
    "<body onload=window.hacked=1>",
    "<details open ontoggle=window.hacked=1>",
    "<input autofocus onfocus=window.hacked=1>",
    "<style>@import'javascript:window.hacked=1'</style>",
    "<math><mi//xlink:href='javascript:window.hacked=1'>",
    "javascript:window.hacked=1",
    "data:text/html,<script>opener.hacked=1</script>",
    '"><script>window.hacked=1</script>',
    "' onmouseover='window.hacked=1",
    '" autofocus onfocus="window.hacked=1',
    "</script><script>window.hacked=1</script>",
    "</title><script>window.hacked=1</script>",
    "${window.hacked=1}{{constructor.constructor('window.hacked=1')()}}",
    "<!--<img src='--><img src=x onerror=window.hacked=1>",
    "<a href='javascript:window.hacked=1' id=content class=name>\u202e\u2028click</a>",
)
