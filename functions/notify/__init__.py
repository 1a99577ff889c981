"""Notify: records how an execution ended, releases its lock and publishes its one notification."""
