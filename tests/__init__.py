"""Tests: what a user would notice, or an adversary would want."""
