"""Every address of the workbench."""

from django.urls import URLPattern, URLResolver, include, path

from quarterdeck.web import api
from quarterdeck.web.pages import actions, departure, entry, evidence, find, findings, home, members, moving, people, record

urlpatterns: list[URLPattern | URLResolver] = [path("accounts/", include("allauth.urls"))]
for _pages in (entry, home, findings, actions, record, departure, people, evidence, members, moving, find, api):
    urlpatterns += _pages.urlpatterns

handler404 = "quarterdeck.web.middleware.not_found"
handler500 = "quarterdeck.web.middleware.failed"
