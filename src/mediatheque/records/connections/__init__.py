"""Connections to PostgreSQL, direct or through a pooler.

config.py    DatabaseConfig: the settings, and the conninfo made of them
libpq.py     the environment variables of libpq that must not count
settings.py  the settings of our sessions
session.py   SessionConnection: knows whether a pooler is in between, and keeps to what it allows then
pooler.py    whether a pooler gives one session of PostgreSQL to several clients
reasons.py   one line that says why a connection failed, and what to do
"""
