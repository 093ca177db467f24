"""What was taken over from others is what they published, byte by byte but for the address of its source map."""

import hashlib
from pathlib import Path

import pytest

# Trix 2.1.19, dist/trix.umd.min.js of npm's trix-2.1.19.tgz (sha512-E7RA3EOeUiUwNJlrF5onIOkqCA06xUU6GmHOVxXyMnGMValrDK3Ce7uaMVgiVUOvVt4mzUERAHAzD10mxoLpOg==).
FILES = {"static/vendor/trix/trix.js": "21dcbe97d154034f0b9b9540a9a4c96729a8c50350ff4352009c65a26746ee06"}
ROOT = Path(__file__).parents[2]


@pytest.mark.parametrize("path", FILES)
def test_a_vendored_file_is_the_published_one(path):
    assert hashlib.sha256((ROOT / path).read_bytes()).hexdigest() == FILES[path]


def test_every_vendored_script_is_known_and_carries_its_licence():
    scripts = {str(path.relative_to(ROOT)) for path in (ROOT / "static/vendor").rglob("*.js")}
    assert scripts == set(FILES)
    assert all((ROOT / path).with_name("LICENSE").is_file() for path in FILES)
