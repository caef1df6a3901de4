"""The book as a Django application."""

from django.apps import AppConfig


class BookConfig(AppConfig):
    """The tables of the book."""

    name = "quarterdeck.store.book"
    label = "book"
    default_auto_field = "django.db.models.BigAutoField"
