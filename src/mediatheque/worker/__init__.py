"""The worker: tasks from the queue, and housekeeping. No HTTP.

Each worker process has one `Worker`; any number of processes share the queue.
"""

from mediatheque.worker.worker import Worker

__all__ = ["Worker"]
