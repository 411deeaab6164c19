"""Work beside the requests: tasks from the queue, and housekeeping now and then. No HTTP.

One `Worker` for each worker process; any number of processes share the work.
"""

from mediatheque.worker.worker import Worker

__all__ = ["Worker"]
