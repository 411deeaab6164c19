"""Isolation of workspaces: every request that can contain a foreign name, sent with foreign and unknown names."""
