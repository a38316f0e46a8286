"""The reference pages, generated from the code, and the table of results in the README."""
