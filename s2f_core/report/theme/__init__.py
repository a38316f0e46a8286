"""What all pages share: the Jinja environment, common templates and style sheets."""
