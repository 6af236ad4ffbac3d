"""As many examples as the tests of the score try."""

import tests.score.conftest  # noqa: F401
