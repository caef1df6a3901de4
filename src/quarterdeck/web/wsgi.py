"""The workbench as a WSGI application."""

import gc
import os

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "quarterdeck.web.settings")

from django.core.wsgi import get_wsgi_application

application = get_wsgi_application()
# A process remembers the findings of many clients; looking through all of them for rubbish every few pages took longer than the pages.
gc.collect()
gc.freeze()
gc.set_threshold(50_000, 20, 50)
