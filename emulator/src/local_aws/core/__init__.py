"""Common parts of all services: gateway, authorization, clock, faults, call log, processes.

`core` imports no service.
"""
