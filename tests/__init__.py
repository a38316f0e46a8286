"""Tests, in folders that mirror those of s2f_core."""
