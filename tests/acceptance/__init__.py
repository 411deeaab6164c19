"""Black-box acceptance tests: they need only the URL of a server and a key.

Nothing here imports the program, so the tests can judge any implementation, on any machine:

    MEDIATHEQUE_ACCEPTANCE_URL=https://media.example.com \
    MEDIATHEQUE_ACCEPTANCE_KEY=... \
    MEDIATHEQUE_ACCEPTANCE_OTHER_KEY=...  (of another workspace; optional) \
    pytest tests/acceptance --confcutdir=tests/acceptance

Without these variables the tests start `mediatheque serve` themselves. The keys need the scopes read and write; the
server must have its default limits and no rate limit.
"""
