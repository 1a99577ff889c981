"""What all services share: the gateway that every call passes, authorization, the clock, faults, the call log.

`core` imports no service.
"""
