"""Rows of workspaces and their API keys."""
