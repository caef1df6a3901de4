"""The pages, a module for each part of the workbench: authorise, call, draw."""
