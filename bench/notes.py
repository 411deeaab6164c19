"""What stands below the tables: how they were measured."""

PEERS = """\
Median of {rounds} (lowest - highest); "ours" is Mediatheque's median divided by that server's. All servers
run at the same time; one is measured at a time, in turn, after a warm-up round, with the disk idle and memory
warm, and when Mediatheque's worker has embedded what came in. The same client sends the same bytes to all of them, and
no file twice. Memory is the sum of PSS over all processes of a server (ours with its PostgreSQL), each in a server of
its own. Servers run with their defaults, request logs off where there is a switch. nginx keeps bytes and nothing else;
SeaweedFS hashes chunks (MD5), copyparty the file (SHA-512), and both index it; PocketBase checks a user's token and
writes a record; copyparty's JSON is the listing of a folder with one file. Mediatheque checks a key, hashes (SHA-256),
sniffs, opens the file with its decoder, and fsyncs bytes and record before it answers; its worker embeds each picture
meanwhile, on the same cores, as `mediatheque serve` starts it."""

OWN = """\
Servers as `mediatheque serve` starts them. (k) and (l) compare windows that take turns in one server: "by itself" while
the worker's processes are stopped (SIGSTOP) and nothing is embedded, "beside" while the worker embeds what is queued.
The queue is filled with at least {queue} pictures before each such window, and read after it: a window in which it
became empty is an error. Latencies are those of all windows together. (g2) asks two servers in turn: one whose only
workspace has 200 assets, and one with {workspaces} workspaces of 200; the recall is that of the first 20 against every
vector of the workspace. (j) counts from the first byte sent until the last photo has its vector. (m) and (n) are
medians of {starts} starts."""

LIBRARY = """\
One client, one kept connection, after a warm-up (120 searches of each kind); "x" is the ratio to the smaller library.
Another workspace shares all indexes. Every vector lies near one of 400 phrases; one asset in four has a caption, and a
vector of it, too. The searches are {searches} different texts (half as many in a larger library): phrases,
phrases with a word of titles, one in ten misspelt. Recall is that of the first 20 against the same search with every
vector in the scope looked at, over the first {compared} of the texts (a quarter as many in a larger library). Assets
are inserted by four tasks of one process, each with its vector and its task for the worker, fsync on."""
