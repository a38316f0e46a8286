"""The common parts of all pages: the Jinja environment, common templates and style sheets."""
