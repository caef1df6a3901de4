"""Settings of the workbench for tests: a workspace that goes away, and quick hashes of passwords."""

import os
import tempfile
from atexit import register
from shutil import rmtree

_PLACE = tempfile.mkdtemp(prefix="quarterdeck-tests-")
register(rmtree, _PLACE, ignore_errors=True)
os.environ["QUARTERDECK_HOME"] = _PLACE

from quarterdeck.web.settings import *  # noqa: E402, F403 - the real settings, but for two

PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]
CACHES = {"default": {"BACKEND": "django.core.cache.backends.locmem.LocMemCache"}}
del os.environ["QUARTERDECK_HOME"]
