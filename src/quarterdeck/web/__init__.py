"""The workbench in the browser, and the jobs that fill it."""
