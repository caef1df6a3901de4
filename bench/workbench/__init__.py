"""The workbench under load, under the knife and on a full disk."""
