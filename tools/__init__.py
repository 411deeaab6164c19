"""Tools for reviewing the project; nothing here is shipped."""
